"""A subject's end of the benchmark's protocol (see bench/protocol.js): options, and requests on standard input."""

import argparse
import json
import pathlib
import resource
import sys

import torch

SHAPES = pathlib.Path(__file__).parents[2] / "shapes.json"


def subject_options(kinds=None):
    """The command line, with `sizes`: the shape of that name, at the batch asked for. Sets threads and seed."""
    parser = argparse.ArgumentParser()
    if kinds:
        parser.add_argument("kind", choices=kinds)
    parser.add_argument("--shape", required=True)
    parser.add_argument("--attention", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int)
    options = parser.parse_args()
    options.sizes = json.loads(SHAPES.read_text())[options.shape]
    if options.batch:
        options.sizes["batch"] = options.batch
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    return options


def serve(start):
    """`start` gives the model and a function that does so many steps and returns what is answered about them."""
    # whatever a library prints goes to standard error: standard output carries the protocol alone
    channel, sys.stdout = sys.stdout, sys.stderr

    def send(message):
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    model, run = start()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    send({"ready": True, "version": torch.__version__, "parameters": parameters})
    for line in sys.stdin:
        answer = run(json.loads(line)["run"])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        send({**answer, "peakBytes": peak})
