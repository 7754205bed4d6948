"""The OpenAI Python SDK against the gateway, unchanged. Usage: openai_sdk.py BASE_URL MODEL PICTURE.png EXPECTED_ANSWER"""

import base64
import sys

import openai

base_url, model, picture, expected = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key="unused", max_retries=0, timeout=120)
with open(picture, "rb") as file:
    url = "data:image/png;base64," + base64.b64encode(file.read()).decode()
messages = [
    {
        "role": "user",
        "content": [
            {"type": "image_url", "image_url": {"url": url}},
            {"type": "text", "text": "What is in the picture?"},
        ],
    }
]


def check(what, ok, detail=""):
    print(("ok    " if ok else "FAIL  ") + what, detail)
    if not ok:
        sys.exit(1)


models = client.models.list()
check("models.list", [m.id for m in models.data] == [model], models)
check("models.retrieve", client.models.retrieve(model).id == model)

whole = client.chat.completions.create(model=model, messages=messages, temperature=0)
check("image, whole answer", whole.choices[0].message.content == expected, whole.choices[0].message.content)
check("finish_reason", whole.choices[0].finish_reason == "stop", whole.choices[0].finish_reason)
check(
    "usage",
    whole.usage.prompt_tokens > 0
    and whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens,
    whole.usage,
)

chunks = list(
    client.chat.completions.create(
        model=model, messages=messages, temperature=0, stream=True, stream_options={"include_usage": True}
    )
)
text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
check("image, streamed", text == expected, text)
check("first chunk has the role", chunks[0].choices[0].delta.role == "assistant")
check("last chunk has the usage", not chunks[-1].choices and chunks[-1].usage.total_tokens == whole.usage.total_tokens)

plain = client.chat.completions.create(
    model=model, messages=[{"role": "user", "content": "What is in the picture?"}], max_tokens=3
)
check("text only, max_tokens", plain.usage.completion_tokens <= 3 and plain.choices[0].finish_reason in ("length", "stop"))

try:
    client.chat.completions.create(model="no-such-model", messages=messages)
    check("unknown model is refused", False)
except openai.NotFoundError as e:
    check("unknown model is refused", e.code == "model_not_found", e.code)
try:
    client.chat.completions.create(model=model, messages=messages, max_tokens=0)
    check("max_tokens 0 is refused", False)
except openai.BadRequestError as e:
    check("max_tokens 0 is refused", e.param == "max_tokens", e.body)
