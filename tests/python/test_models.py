"""The list of models, in both shapes."""

import pytest

from callers import Caller


def test_the_list_of_models(caller: Caller):
    names = [model.id for model in caller.client.models.list()]
    if caller.via == "direct":
        assert names == ["sim-large", "sim-small"]
    else:
        assert {"to-openai", "to-anthropic", "openai-first"} <= set(names)
        assert "not-for-red" not in names, "the key may not use it"


def test_a_model_of_the_list(caller: Caller):
    if caller.via != "direct":
        pytest.skip("the gateway serves the list only")
    assert caller.client.models.retrieve("sim-large").id == "sim-large"


@pytest.mark.gateway
def test_each_shape(anyone: Caller):
    model = next(iter(anyone.client.models.list()))
    assert (model.object if anyone.api == "openai" else model.type) == "model"
