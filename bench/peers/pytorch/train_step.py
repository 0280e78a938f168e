"""One benchmark subject: PyTorch's training step, timed on request over standard input and output.

    python train_step.py --shape char-gpt --attention kv --threads 2 [--batch 64]

Writes {"ready": true, "version", "parameters"}; then every line {"run": n} is answered with
{"seconds": [of each step], "loss", "peakBytes"}. Ends when standard input closes. See bench/README.md.
"""

import time

import torch
import torch.nn.functional as F

from models import Transformer
from protocol import serve, subject_options


def make_batch(shape):
    """Random inputs and targets; the same batch serves every step."""
    batch, classes = shape["batch"], shape["classes"]
    tokens = torch.randint(0, shape["inputSize"], (batch, shape["tokens"]))
    if shape["input"] == "tokens":
        return tokens, torch.randint(0, classes, (batch, shape["tokens"]))
    if shape["input"] == "vectors":
        return F.one_hot(tokens, shape["inputSize"]).float(), tokens.flip(1)
    return torch.randn(batch, 3, 32, 32), torch.randint(0, classes, (batch,))


def make_step(shape, attention):
    """Returns the model and a function that does forward, backward and update, and gives the loss."""
    model = Transformer(shape, attention)
    optimizer_of = torch.optim.AdamW if shape["optimizer"] == "adamw" else torch.optim.Adam
    optimizer = optimizer_of(model.parameters(), lr=shape["rate"])
    inputs, targets = make_batch(shape)

    def step():
        optimizer.zero_grad(set_to_none=True)
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, -2), targets.flatten())
        loss.backward()
        optimizer.step()
        return loss.item()

    return model, step


def timed_run(step, count):
    seconds, loss = [], 0.0
    for _ in range(count):
        start = time.perf_counter()
        loss = step()
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "loss": loss}


def start():
    options = subject_options()
    model, step = make_step(options.sizes, options.attention)
    return model, lambda count: timed_run(step, count)


serve(start)
