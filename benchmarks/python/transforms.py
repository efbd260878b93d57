"""The peers: pictures of 8 bits to what a network sees, with the usual Python stack, as a careful user writes it.

Says first which ways there are of each task. Then it reads a line `TASK SIZE WAY` for each turn and answers with one line of JSON:
milliseconds a pass over all pictures, and what the numbers are on average, so that another process can compare.

    python3 transforms.py FOLDER     # with FOLDER/SIZE.u8: square pictures one after the other
"""

import json
import os
import sys
import time

# One core: before anything is loaded that reads them.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

VERSIONS = {"NumPy": np.__version__}
MEAN, DEVIATION = np.float32([0.5, 0.45, 0.4]), np.float32([0.25, 0.26, 0.27])
LIGHTNESS, SPREAD = 0.449, 0.226


def normalised(picture, out=None):
    out = np.multiply(picture, 1 / (255 * DEVIATION), out=out, dtype=np.float32)
    out -= MEAN / DEVIATION
    return out


def rotation(turn):
    def work(pictures):
        count, size = pictures.shape[:2]
        x = np.empty((count, 4, size, size, 3), np.float32)

        def once():
            for picture, out in zip(pictures, x):
                normalised(picture, out[0])
                for turns in (1, 2, 3):
                    turn(out[0], turns, out[turns])
            return x, None

        return once

    return work


def numpy_turn(picture, turns, out):
    out[:] = np.rot90(picture, turns)


def centres():
    """The 313 colours of Zhang et al.: for each a = -90, -80, .. the smallest and the largest b."""
    ranges = [(50, 90), (20, 90), (0, 90), (-20, 90), (-30, 100), (-40, 100), (-50, 100), (-50, 100), (-60, 100), (-70, 100)]
    ranges += [(-80, 90), (-80, 90), (-90, 90), (-100, 90), (-100, 80), (-110, 80), (-110, 80), (-110, 70), (-110, 70), (-90, 0)]
    return np.array([(10 * i - 90, b) for i, (low, high) in enumerate(ranges) for b in range(low, high + 1, 10)], float)


def colour(lab_of, nearest):
    def work(pictures):
        def once():
            x, y = np.empty(pictures.shape[:3], np.float32), np.empty(pictures.shape[:3], np.int32)
            for i, picture in enumerate(pictures):
                lab = lab_of(picture)
                x[i] = (lab[..., 0] / 100 - LIGHTNESS) / SPREAD
                y[i] = nearest(lab[..., 1:].reshape(-1, 2)).reshape(lab.shape[:2])
            return x, y

        return once

    return work


def jigsaw(pictures):
    """The draws that transforms.ts has: offsets and slots from the numbers of picture and patch."""
    size = pictures.shape[1]
    grid, tile = (2, 12) if size == 32 else (3, 64)
    side, patches = size // grid, grid * grid
    room = side - tile + 1
    x = np.empty((len(pictures), patches, tile, tile, 3), np.float32)

    def once():
        for i, picture in enumerate(pictures):
            whole = normalised(picture)
            for patch in range(patches):
                top = patch // grid * side + (3 * i + 5 * patch) % room
                left = patch % grid * side + (5 * i + 3 * patch) % room
                cut = whole[top : top + tile, left : left + tile]
                out = x[i, (patch * (patches - 1) + i) % patches]
                np.subtract(cut, cut.mean(), out=out)
                out /= cut.std()
        return x, None

    return once


def ways():
    found = {"rotation": {"NumPy": rotation(numpy_turn)}, "jigsaw": {"NumPy": jigsaw}, "colour": {}}
    try:
        import cv2

        cv2.setNumThreads(1)
        VERSIONS["OpenCV"] = cv2.__version__
        turns = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}
        found["rotation"]["OpenCV"] = rotation(lambda picture, count, out: cv2.rotate(picture, turns[count], out))
    except ImportError:
        pass
    try:
        import skimage
        from skimage.color import rgb2lab

        VERSIONS["scikit-image"] = skimage.__version__
    except ImportError:
        return found
    try:
        import sklearn
        from sklearn.neighbors import NearestNeighbors

        VERSIONS["scikit-learn"] = sklearn.__version__
        index = NearestNeighbors(n_neighbors=1).fit(centres())
        one = lambda ab: index.kneighbors(ab, return_distance=False)
        found["colour"]["scikit-image + scikit-learn"] = colour(rgb2lab, one)
    except ImportError:
        pass
    try:
        import scipy
        from scipy.spatial import cKDTree

        VERSIONS["SciPy"] = scipy.__version__
        tree = cKDTree(centres())
        found["colour"]["scikit-image + k-d tree"] = colour(rgb2lab, lambda ab: tree.query(ab)[1])
    except ImportError:
        pass
    return found


def timed(once):
    """Passes for a twentieth of a second: (milliseconds a pass, what it gave)."""
    begun = time.perf_counter()
    result = once()
    passes = 1
    while time.perf_counter() - begun < 0.05:
        once()
        passes += 1
    return (time.perf_counter() - begun) * 1e3 / passes, result


def main(folder):
    found = ways()
    versions = ", ".join(f"{name} {version}" for name, version in VERSIONS.items())
    print(json.dumps({"version": versions, "parameters": 0, "ways": {task: list(names) for task, names in found.items()}}), flush=True)
    works = {}
    for line in sys.stdin:
        task, size, way = line.strip().split(" ", 2)
        if line not in works:
            pictures = np.fromfile(os.path.join(folder, f"{size}.u8"), np.uint8).reshape(-1, int(size), int(size), 3)
            works[line] = found[task][way](pictures)
        milliseconds, (x, y) = timed(works[line])
        answer = {"milliseconds": milliseconds, "x": float(np.abs(x, dtype=np.float64).mean())}
        print(json.dumps({**answer, "y": None if y is None else float(y.mean())}), flush=True)


main(sys.argv[1])
