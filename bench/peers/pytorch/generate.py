"""One benchmark subject: PyTorch's eager decoding with a cache of keys and values, in the protocol of train_step.py.

    python generate.py cached|text --shape generate --attention kv --threads 1

cached: one token near the end of a full context; text: as many tokens as the context holds, after one token.
"""

import time

import torch

from models import Cache, Transformer
from protocol import serve, subject_options

LAST = 16  # tokens at the end of a full context whose steps are timed


def make_caches(shape):
    width = shape["width"] // shape["heads"]
    return [Cache(shape["heads"], shape["tokens"], width) for _ in range(shape["layers"])]


def cached_steps(model, shape, count):
    context = shape["tokens"]
    ids = torch.randint(0, shape["inputSize"], (1, context))
    seconds = []
    while len(seconds) < count:
        caches = make_caches(shape)
        model(ids[:, : context - LAST], caches)
        for at in range(context - LAST, min(context, context - LAST + count - len(seconds))):
            start = time.perf_counter()
            model(ids[:, at : at + 1], caches)
            seconds.append(time.perf_counter() - start)
    return seconds


def texts(model, shape, count):
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        caches = make_caches(shape)
        token = torch.zeros(1, 1, dtype=torch.long)
        for _ in range(shape["tokens"]):
            weights = model(token, caches)[:, -1].softmax(-1)
            token = torch.multinomial(weights, 1)
            token.item()  # the text is shown as it is written
        seconds.append(time.perf_counter() - start)
    return seconds


KINDS = {"cached": cached_steps, "text": texts}


def start():
    options = subject_options(list(KINDS))
    model = Transformer(options.sizes, options.attention).eval()
    return model, lambda count: {"seconds": KINDS[options.kind](model, options.sizes, count)}


with torch.inference_mode():
    serve(start)
