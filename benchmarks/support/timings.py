"""The side of PyTorch of beside-pytorch.ts: says its version, then answers "<case> <runs>" lines with milliseconds a run."""
import sys
import time

import torch


def answer(known):
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        name, runs = line.split()
        run = known[name]
        run()
        start = time.process_time()
        for _ in range(int(runs)):
            run()
        print((time.process_time() - start) * 1000 / int(runs), flush=True)
