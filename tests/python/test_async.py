"""The asynchronous clients, and many requests at once: no answer goes to another's question."""

import asyncio

import anthropic
import openai
import pytest

from callers import Caller

MANY = 40


def asynchronous(caller: Caller):
    make = openai.AsyncOpenAI if caller.api == "openai" else anthropic.AsyncAnthropic
    return make(base_url=str(caller.client.base_url), api_key=caller.client.api_key, max_retries=0, timeout=30)


async def ask(client, caller: Caller, text: str, stream: bool) -> str:
    turns = [{"role": "user", "content": text}]
    if caller.api == "openai":
        answer = await client.chat.completions.create(model=caller.model, messages=turns, stream=stream)
        if not stream:
            return answer.choices[0].message.content
        return "".join([choice.delta.content or "" async for chunk in answer for choice in chunk.choices])
    if not stream:
        answer = await client.messages.create(model=caller.model, messages=turns, max_tokens=100)
        return answer.content[0].text
    async with client.messages.stream(model=caller.model, messages=turns, max_tokens=100) as events:
        return await events.get_final_text()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_many_at_once(caller: Caller, stream: bool):
    async def all_of_them() -> list[str]:
        async with asynchronous(caller) as client:
            return await asyncio.gather(*(ask(client, caller, f"number {number}", stream) for number in range(MANY)))

    assert asyncio.run(all_of_them()) == [f"You said: number {number}" for number in range(MANY)]


def test_a_cancelled_task_lets_the_provider_go(caller: Caller, sims):
    before = {name: sim.stats()["in_flight"] for name, sim in sims.items()}

    async def cancel() -> None:
        async with asynchronous(caller) as client:
            headers = {"x-sim-delay": "30s"}
            task = asyncio.create_task(ask(client.with_options(default_headers=headers), caller, "x", False))
            await asyncio.sleep(0.3)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for _ in range(500):
                if {name: sim.stats()["in_flight"] for name, sim in sims.items()} == before:
                    return
                await asyncio.sleep(0.01)
            raise AssertionError("the provider is still at work")

    asyncio.run(cancel())
