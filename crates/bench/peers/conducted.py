"""What every peer shares: the images, and the conversation with the conductor.

A peer says one line of JSON when it is ready, then answers each line on standard input with one line of JSON.
"""

import json
import sys
import time

import numpy


def images(path):
    """Images `[count, channels, height, width]` in [0, 1], labels `[count]`, and how many classes there are."""
    with open(path, "rb") as file:
        header = json.loads(file.readline())
        shape = [header["count"], *header["shape"]]
        size = int(numpy.prod(shape))
        pixels = numpy.frombuffer(file.read(4 * size), dtype="<f4").reshape(shape)
        labels = numpy.frombuffer(file.read(header["count"]), dtype=numpy.uint8)
    return pixels.copy(), labels.astype(numpy.int64), header["classes"]


def say(message):
    """Says one line to the conductor."""
    # JSON has no word for a loss that is not finite.
    finite = {key: None if value != value or value in (float("inf"), float("-inf")) else value for key, value in message.items()}
    print(json.dumps(finite), flush=True)


def timed(work):
    """Does the work; its result, and the seconds and processor seconds that it took."""
    started, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - processor,
    }


def converse(versions, answer):
    """Answers each line until standard input is closed."""
    say({"ready": True, "versions": versions})
    for line in sys.stdin:
        say(answer(line.strip()))
