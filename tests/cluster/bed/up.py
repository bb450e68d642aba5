"""python -m bed.up READY : a node for `cluster up`; makes the file READY and stays until it is killed."""

import os
import signal
import sys
from pathlib import Path

from bed.node import Node

Node(Path(os.environ["KUBEBED"]), Path(os.environ["COREDNS"]), Path(os.environ["SCRATCH"]) / "bed").start()
Path(sys.argv[1]).touch()
signal.pause()
