"""The linear datamodelling score (LDS) of a run on an MNIST MLP, by retraining on random half subsets.

    mnist_lds.py train  MNIST_DIR OUT [--items 1000] [--epochs 60] [--decay 1e-3] [--seed 0]
    mnist_lds.py bank   MNIST_DIR OUT [--subsets 100] [--repeats 3] ...
    mnist_lds.py score  OUT SCORES.npy...

train writes OUT as a model folder (784-128-10, ReLU); bank retrains on the subsets, several networks side by side, and
keeps the queries' losses in OUT/bank.npz; score prints the LDS of each matrix of scores [query, item] (bif.npy is -Cov,
and a subset's predicted loss is the sum of it over the subset). Needs PyTorch and NumPy. What `bif lds` replaced; an independent check of it.
"""
import argparse
import gzip
import json
import struct
from pathlib import Path

import numpy as np
import torch

QUERIES = 200
MEAN, STD = 0.1307, 0.3081


def read_idx(path):
    data = gzip.open(path).read()
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder, items):
    def part(stem):
        images = read_idx(Path(folder) / f"{stem}-images-idx3-ubyte.gz").reshape(-1, 784)
        return images, read_idx(Path(folder) / f"{stem}-labels-idx1-ubyte.gz").astype(np.int64)

    train, test = part("train"), part("t10k")
    as_input = lambda images: torch.from_numpy((images.astype(np.float32) / 255 - MEAN) / STD)
    return (as_input(train[0][:items]), torch.from_numpy(train[1][:items]),
            as_input(test[0][:QUERIES]), torch.from_numpy(test[1][:QUERIES]))


def initial(generator):
    layers = []
    for fan_in, fan_out in ((784, 128), (128, 10)):
        bound = fan_in ** -0.5
        layers += [(torch.rand(fan_out, fan_in, generator=generator) * 2 - 1) * bound,
                   (torch.rand(fan_out, generator=generator) * 2 - 1) * bound]
    return layers


def forward(p, x):
    """Networks side by side: p[0] [R, 128, 784], x [R, B, 784] or [B, 784]."""
    hidden = torch.relu(x @ p[0].transpose(1, 2) + p[1].unsqueeze(1))
    return hidden @ p[2].transpose(1, 2) + p[3].unsqueeze(1)


def train(x, y, subsets, seeds, args):
    """Trains one network per subset [R, n'] of items; SGD with momentum .9, learning rate .05 falling linearly to 0."""
    count = len(subsets)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    parts = [initial(g) for g in generators]
    p = [torch.stack([part[k] for part in parts]).requires_grad_(True) for k in range(4)]
    velocity = [torch.zeros_like(t) for t in p]
    size, batch = subsets.shape[1], 50
    steps = args.epochs * (size // batch)
    done = 0
    for _ in range(args.epochs):
        order = torch.stack([subset[torch.randperm(size, generator=g)] for subset, g in zip(subsets, generators)])
        for start in range(0, size - batch + 1, batch):
            index = order[:, start:start + batch]
            logits = forward(p, x[index])
            loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 10), y[index].reshape(-1), reduction="sum") / batch
            gradients = torch.autograd.grad(loss, p)
            rate = 0.05 * (1 - done / steps)
            with torch.no_grad():
                for t, g, v in zip(p, gradients, velocity):
                    v.mul_(0.9).add_(g).add_(t, alpha=args.decay)
                    t.sub_(v, alpha=rate)
            done += 1
    return [t.detach() for t in p]


def write_model(p, folder):
    """Safetensors by hand: an 8-byte length, a JSON header, the numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    header, offset, body = {}, 0, b""
    for name, t in zip(names, p):
        raw = t[0].contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(t[0].shape), "data_offsets": [offset, offset + len(raw)]}
        offset += len(raw)
        body += raw
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
    (folder / "config.json").write_text(json.dumps(
        {"model_type": "mlp", "hidden_sizes": [128], "activation": "relu", "num_labels": 10, "num_channels": 1, "image_size": 28,
         "image_mean": [MEAN], "image_std": [STD]}))


def ranks(values):
    return values.argsort(-1).argsort(-1).astype(np.float64)


def spearman(a, b):
    a, b = ranks(a), ranks(b)
    a, b = a - a.mean(-1, keepdims=True), b - b.mean(-1, keepdims=True)
    return (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["train", "bank", "score"])
    parser.add_argument("paths", nargs="+")
    for name, kind, default in (("items", int, 1000), ("epochs", int, 60), ("decay", float, 1e-3), ("subsets", int, 100), ("repeats", int, 3), ("seed", int, 0)):
        parser.add_argument(f"--{name}", type=kind, default=default)
    args = parser.parse_args()
    if args.verb == "score":
        score(args.paths)
        return
    x, y, qx, qy = load(args.paths[0], args.items)
    out = Path(args.paths[1])
    if args.verb == "train":
        p = train(x, y, torch.arange(args.items).unsqueeze(0), [args.seed], args)
        write_model(p, out)
        mean = lambda a, b: torch.nn.functional.cross_entropy(forward(p, a)[0], b).item()
        print(json.dumps({"train_loss": mean(x, y), "query_loss": mean(qx, qy)}))
        return
    chooser = torch.Generator().manual_seed(1000 + args.seed)
    subsets = torch.stack([torch.randperm(args.items, generator=chooser)[:args.items // 2].sort()[0] for _ in range(args.subsets)])
    losses = np.zeros((args.subsets, args.repeats, QUERIES), np.float32)
    for repeat in range(args.repeats):
        for start in range(0, args.subsets, 20):
            part = subsets[start:start + 20]
            p = train(x, y, part, [100000 * (repeat + 1) + start + i for i in range(len(part))], args)
            with torch.no_grad():
                logits = forward(p, qx.unsqueeze(0).expand(len(part), -1, -1))
                losses[start:start + len(part), repeat] = torch.nn.functional.cross_entropy(
                    logits.reshape(-1, 10), qy.repeat(len(part)), reduction="none").reshape(len(part), -1).numpy()
            print(f"repeat {repeat + 1}, {start + len(part)} of {args.subsets} subsets", flush=True)
    np.savez(out / "bank.npz", subsets=subsets.numpy(), losses=losses)


def score(paths):
    bank = np.load(Path(paths[0]) / "bank.npz")
    subsets, losses = bank["subsets"], bank["losses"].mean(1).T  # [query, subset]
    member = np.zeros((len(subsets), int(subsets.max()) + 1))
    np.put_along_axis(member, subsets, 1, 1)
    draws = np.random.default_rng(0).integers(0, len(subsets), (200, len(subsets)))
    for path in paths[1:]:
        predicted = np.load(path).astype(np.float64)[:, :member.shape[1]] @ member.T
        lds = np.nanmean(spearman(predicted, losses))
        boot = [np.nanmean(spearman(predicted[:, d], losses[:, d])) for d in draws[:50]]
        print(f"{path}: LDS {lds:.3f} +- {np.std(boot):.3f}")


if __name__ == "__main__":
    main()
