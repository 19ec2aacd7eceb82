// OpenAI's official SDK for Node as a client of the gateway. Run by tests/python/test_node_sdk.py, once for each provider; what a
// test is called there is what it is called here. `x-sim-…` tells the simulator behind the gateway how to answer.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const { GATEWAY, KEY, MODEL, NODE_MODULES } = process.env;
const OpenAI = createRequire(`${NODE_MODULES}/`)("openai").default;
const client = new OpenAI({ apiKey: KEY, baseURL: `${GATEWAY}/v1`, maxRetries: 0, timeout: 20_000 });

const ask = (content) => ({ model: MODEL, messages: [{ role: "user", content }] });
const sim = (script) => ({ headers: Object.fromEntries(Object.entries(script).map(([name, value]) => [`x-sim-${name}`, String(value)])) });
const weather = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
};

test("chat: an answer has text, usage and an end", async () => {
  const answer = await client.chat.completions.create(ask("hello there"));
  assert.equal(answer.object, "chat.completion");
  assert.equal(answer.choices[0].message.content, "You said: hello there");
  assert.equal(answer.choices[0].finish_reason, "stop");
  const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
  assert.ok(prompt_tokens > 0 && completion_tokens > 0 && total_tokens === prompt_tokens + completion_tokens);
});

test("chat: chunks come one by one", async () => {
  let text = "";
  let finish = null;
  for await (const chunk of await client.chat.completions.create({ ...ask("hello there"), stream: true })) {
    // Azure's first chunk, which has no choices, has nothing there.
    assert.equal(chunk.choices.length ? chunk.object : "chat.completion.chunk", "chat.completion.chunk");
    text += chunk.choices[0]?.delta.content ?? "";
    finish = chunk.choices[0]?.finish_reason ?? finish;
  }
  assert.deepEqual([text, finish], ["You said: hello there", "stop"]);
});

test("chat: the stream helper puts an answer together", async () => {
  const contents = [];
  const stream = client.chat.completions.stream({ ...ask("hello 日本語 👩‍🚀"), stream_options: { include_usage: true } });
  stream.on("content", (_delta, snapshot) => contents.push(snapshot));
  const answer = await stream.finalChatCompletion();
  assert.equal(answer.choices[0].message.content, "You said: hello 日本語 👩‍🚀");
  assert.equal(contents.at(-1), answer.choices[0].message.content);
  assert.ok((await stream.totalUsage()).total_tokens > 0);
});

test("chat: the stream helper puts parallel tool calls together", async () => {
  const tools = ["get_weather", "get_time"].map((name) => ({ type: "function", function: { name, parameters: weather } }));
  const stream = client.chat.completions.stream({ ...ask("weather?"), tools }, sim({ "tool-calls": 2 }));
  const { message, finish_reason } = (await stream.finalChatCompletion()).choices[0];
  assert.equal(finish_reason, "tool_calls");
  assert.deepEqual(message.tool_calls.map((call) => call.function.name), ["get_weather", "get_time"]);
  for (const call of message.tool_calls) assert.equal(typeof JSON.parse(call.function.arguments).city, "string");
  assert.equal(new Set(message.tool_calls.map((call) => call.id)).size, 2);
});

for (const stream of [false, true]) {
  test(stream ? "chat: the tool runner streams" : "chat: the tool runner runs", async () => {
    const seen = [];
    const look = (given) => (seen.push(given), "rain");
    const tool = { name: "get_weather", description: "Weather", parameters: weather, parse: JSON.parse, function: look };
    const runner = client.chat.completions.runTools({ ...ask("weather?"), stream, tools: [{ type: "function", function: tool }] });
    assert.equal(await runner.finalContent(), "The tool said: rain");
    assert.deepEqual(seen.map((given) => Object.keys(given).sort()), [["city", "days"]]);
  });
}

test("chat: an answer that fits a schema is parsed", async () => {
  const response_format = { type: "json_schema", json_schema: { name: "weather", strict: true, schema: weather } };
  const answer = await client.chat.completions.create({ ...ask("weather?"), response_format });
  assert.deepEqual(Object.keys(JSON.parse(answer.choices[0].message.content)).sort(), ["city", "days"]);
});

test("chat: an image reaches the model", async () => {
  const url = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const content = [{ type: "text", text: "what is this?" }, { type: "image_url", image_url: { url } }];
  const answer = await client.chat.completions.create(ask(content));
  assert.equal(answer.choices[0].message.content, "You said: what is this? [1 image]");
});

test("chat: each error has its class", async () => {
  const classes = { 400: OpenAI.BadRequestError, 429: OpenAI.RateLimitError, 500: OpenAI.InternalServerError };
  for (const [status, expected] of Object.entries(classes)) {
    await assert.rejects(client.chat.completions.create(ask("hello"), sim({ status })), (error) => {
      assert.ok(error instanceof expected, `${status}: ${error}`);
      assert.equal(error.status, Number(status));
      assert.ok(error.requestID);
      return true;
    });
  }
  const stranger = client.withOptions({ apiKey: "nobody" });
  await assert.rejects(stranger.chat.completions.create(ask("hello")), OpenAI.AuthenticationError);
  await assert.rejects(client.chat.completions.create({ ...ask("hello"), model: "no-such-model" }), OpenAI.NotFoundError);
});

test("chat: an error in mid-stream is raised", async () => {
  const stream = client.chat.completions.stream(ask("one two three four five"), sim({ "error-after": 3 }));
  await assert.rejects(stream.finalChatCompletion());
});

test("chat: a stream that just stops is no end", async () => {
  const stream = client.chat.completions.stream(ask("one two three four five"), sim({ "cut-after": 3 }));
  await assert.rejects(stream.finalChatCompletion());
});

test("chat: each error has its class in a stream, too", async () => {
  for (const [status, expected] of [[400, OpenAI.BadRequestError], [429, OpenAI.RateLimitError], [503, OpenAI.InternalServerError]]) {
    const asked = client.chat.completions.create({ ...ask("hello"), stream: true }, sim({ status }));
    await assert.rejects(asked, (error) => error instanceof expected && error.status === status && error.message.includes("simulated"));
  }
});

test("chat: a stream can be left", async () => {
  const stream = await client.chat.completions.create({ ...ask("one two three four five"), stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  assert.ok(stream.controller.signal.aborted);
});

test("chat: the output limit says so", async () => {
  const answer = await client.chat.completions.create({ ...ask("one two three"), max_completion_tokens: 3 });
  assert.deepEqual([answer.choices[0].message.content, answer.choices[0].finish_reason], ["You said: one", "length"]);
});

test("chat: an answer that fits a schema is parsed in a stream", async () => {
  const response_format = { type: "json_schema", json_schema: { name: "weather", strict: true, schema: weather } };
  const { message } = (await client.chat.completions.stream({ ...ask("weather?"), response_format }).finalChatCompletion()).choices[0];
  assert.deepEqual(Object.keys(JSON.parse(message.content)).sort(), ["city", "days"]);
});

test("completions: an answer, whole and streamed", async () => {
  const whole = await client.completions.create({ model: MODEL, prompt: "hello there" });
  assert.equal(whole.choices[0].text, "You said: hello there");
  let text = "";
  for await (const chunk of await client.completions.create({ model: MODEL, prompt: "hello there", stream: true })) {
    text += chunk.choices[0]?.text ?? "";
  }
  assert.equal(text, "You said: hello there");
});

test("responses: an answer has text, usage and an end", async () => {
  const answer = await client.responses.create({ model: MODEL, input: "hello there", store: false });
  assert.deepEqual([answer.object, answer.status, answer.output_text], ["response", "completed", "You said: hello there"]);
  assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
});

test("responses: the stream helper puts an answer together", async () => {
  const stream = client.responses.stream({ model: MODEL, input: "hello there", store: false });
  let text = "";
  stream.on("response.output_text.delta", (event) => (text += event.delta));
  const answer = await stream.finalResponse();
  assert.deepEqual([text, answer.output_text], ["You said: hello there", "You said: hello there"]);
});

test("responses: tools are called in a stream, and their results go back", async () => {
  const tools = [{ type: "function", name: "get_weather", parameters: weather, strict: true }];
  const input = [{ role: "user", content: "weather?" }];
  const answer = await client.responses.stream({ model: MODEL, input, tools, store: false }).finalResponse();
  const calls = answer.output.filter((item) => item.type === "function_call");
  assert.deepEqual(calls.map((call) => call.name), ["get_weather"]);
  assert.deepEqual(Object.keys(JSON.parse(calls[0].arguments)).sort(), ["city", "days"]);
  const back = answer.output.map(({ parsed_arguments, ...item }) => item);
  const told = calls.map((call) => ({ type: "function_call_output", call_id: call.call_id, output: "rain" }));
  const end = await client.responses.create({ model: MODEL, input: [...input, ...back, ...told], tools, store: false });
  assert.equal(end.output_text, "The tool said: rain");
});

test("responses: parallel tool calls are put together in a stream", async () => {
  const tools = ["get_weather", "get_time"].map((name) => ({ type: "function", name, parameters: weather, strict: false }));
  const done = [];
  const stream = client.responses.stream({ model: MODEL, input: "weather?", tools, store: false }, sim({ "tool-calls": 2 }));
  stream.on("response.function_call_arguments.done", (event) => done.push(event.arguments));
  const calls = (await stream.finalResponse()).output.filter((item) => item.type === "function_call");
  assert.deepEqual(calls.map((call) => call.name), ["get_weather", "get_time"]);
  assert.deepEqual(calls.map((call) => call.arguments), done);
  assert.equal(new Set(calls.map((call) => call.call_id)).size, 2);
});

test("responses: an image reaches the model", async () => {
  const image_url = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const content = [{ type: "input_text", text: "what is this?" }, { type: "input_image", image_url, detail: "auto" }];
  const answer = await client.responses.create({ model: MODEL, input: [{ role: "user", content }], store: false });
  assert.equal(answer.output_text, "You said: what is this? [1 image]");
});

test("responses: an answer that fits a schema is parsed", async () => {
  const text = { format: { type: "json_schema", name: "weather", strict: true, schema: weather } };
  const answer = await client.responses.parse({ model: MODEL, input: "weather?", text, store: false });
  assert.deepEqual(Object.keys(answer.output_parsed).sort(), ["city", "days"]);
});

test("responses: the output limit leaves an answer incomplete", async () => {
  const asked = { model: MODEL, input: "one two three", max_output_tokens: 3, store: false };
  for (const answer of [await client.responses.create(asked), await client.responses.stream(asked).finalResponse()]) {
    assert.deepEqual([answer.status, answer.incomplete_details.reason, answer.output_text], ["incomplete", "max_output_tokens", "You said: one"]);
  }
});

test("responses: each error has its class, whole and streamed", async () => {
  for (const [status, expected] of [[400, OpenAI.BadRequestError], [429, OpenAI.RateLimitError], [503, OpenAI.InternalServerError]]) {
    for (const stream of [false, true]) {
      const asked = client.responses.create({ model: MODEL, input: "hello", stream, store: false }, sim({ status }));
      await assert.rejects(asked, (error) => error instanceof expected && error.status === status && error.message.includes("simulated"));
    }
  }
});

for (const fault of ["error-after", "cut-after"]) {
  const name = fault === "error-after" ? "responses: an error in mid-stream is no end" : "responses: a stream that just stops is no end";
  test(name, async () => {
    const types = [];
    const read = async () => {
      const asked = { model: MODEL, input: "one two three four five", stream: true, store: false };
      for await (const event of await client.responses.create(asked, sim({ [fault]: 4 }))) types.push(event.type);
    };
    await assert.rejects(read());
    assert.ok(!types.includes("response.completed"));
  });
}

test("models: the list has the model", async () => {
  const models = [];
  for await (const model of client.models.list()) models.push(model.id);
  assert.ok(models.includes(MODEL));
});

test("embeddings: floats, whatever is sent", async () => {
  const answer = await client.embeddings.create({ model: MODEL, input: ["one two", "three"] });
  assert.deepEqual(answer.data.map((one) => one.index), [0, 1]);
  assert.ok(answer.data.every((one) => one.embedding.length > 1 && one.embedding.every(Number.isFinite)));
});

test("images: a picture is drawn", async () => {
  const answer = await client.images.generate({ model: MODEL, prompt: "a gate" });
  assert.ok(answer.data[0].b64_json || answer.data[0].url);
});

test("audio: speech is bytes, and bytes are heard", async () => {
  const spoken = await client.audio.speech.create({ model: MODEL, voice: "alloy", input: "one two", response_format: "wav" });
  const bytes = Buffer.from(await spoken.arrayBuffer());
  assert.ok(bytes.length > 0);
  const file = await OpenAI.toFile(bytes, "a.wav");
  const heard = await client.audio.transcriptions.create({ model: MODEL, file });
  assert.equal(typeof heard.text, "string");
});

test("moderations: a text is judged", async () => {
  const answer = await client.moderations.create({ model: MODEL, input: "hello" });
  assert.equal(typeof answer.results[0].flagged, "boolean");
});
