"""The linear datamodelling score on a convolutional network: ResNet-8 on 3,072 CIFAR-10 images.

    cifar_lds.py train CIFAR_DIR OUT
    cifar_lds.py bank  CIFAR_DIR OUT [--subsets 60] [--repeats 1]

Verbs, files and `score` as in mnist_lds.py.
"""
import argparse
import gzip
import json
import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from mnist_lds import QUERIES

MEAN, STD = torch.tensor([0.4914, 0.4822, 0.4465]), torch.tensor([0.247, 0.2435, 0.2616])


class Block(torch.nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(outputs)
        self.conv2 = torch.nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(outputs)
        self.pad = outputs // 4 if stride > 1 else 0

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.pad:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(x + y)


class ResNet8(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(16)
        self.layer1 = torch.nn.Sequential(Block(16, 16, 1))
        self.layer2 = torch.nn.Sequential(Block(16, 32, 2))
        self.layer3 = torch.nn.Sequential(Block(32, 64, 2))
        self.linear = torch.nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def load(folder, items):
    def part(pattern, count):
        raw = np.concatenate([np.frombuffer(gzip.open(file).read(), np.uint8).reshape(-1, 3073) for file in sorted(Path(folder).glob(pattern))])[:count]
        images = torch.from_numpy(raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255)
        images = (images - MEAN.view(3, 1, 1)) / STD.view(3, 1, 1)
        return images.contiguous(memory_format=torch.channels_last), torch.from_numpy(raw[:, 0].astype(np.int64))

    return *part("data_batch_*.bin.gz", items), *part("test_batch*.bin.gz", QUERIES)


def train(x, y, seed, epochs):
    torch.manual_seed(seed)
    model = ResNet8().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
    batch, steps = 64, epochs * (len(x) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=steps, pct_start=0.2, anneal_strategy="linear")
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for start in range(0, len(x) - batch + 1, batch):
            index = order[start:start + batch]
            optimizer.zero_grad()
            F.cross_entropy(model(x[index]), y[index]).backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def losses(model, x, y):
    with torch.no_grad():
        return torch.cat([F.cross_entropy(model(a), b, reduction="none") for a, b in zip(x.split(256), y.split(256))])


def write_model(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    header, offset, body = {}, 0, b""
    for name, t in model.state_dict().items():
        raw = t.float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + len(raw)]}
        offset += len(raw)
        body += raw
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
    (folder / "config.json").write_text(json.dumps(
        {"model_type": "cifar_resnet", "depth": 8, "shortcut": "A", "num_labels": 10, "num_channels": 3, "image_size": 32,
         "image_mean": MEAN.tolist(), "image_std": STD.tolist()}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["train", "bank"])
    parser.add_argument("data")
    parser.add_argument("out", type=Path)
    for name, default in (("items", 3072), ("epochs", 18), ("subsets", 60), ("repeats", 1), ("first", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    x, y, qx, qy = load(args.data, args.items)
    if args.verb == "train":
        model = train(x, y, 1, args.epochs)
        write_model(model, args.out)
        print(json.dumps({"train_loss": losses(model, x, y).mean().item(), "query_loss": losses(model, qx, qy).mean().item()}))
        return
    chooser = torch.Generator().manual_seed(1000)
    subsets = torch.stack([torch.randperm(args.items, generator=chooser)[:args.items // 2] for _ in range(args.subsets)])
    table = np.zeros((args.subsets, args.repeats, QUERIES), np.float32)
    for number, subset in enumerate(subsets):
        for repeat in range(args.repeats):
            table[number, repeat] = losses(train(x[subset], y[subset], 100 + number + 1000 * repeat, args.epochs), qx, qy).numpy()
        # Written as it grows, so that a stopped bank serves with the subsets that it has.
        np.savez(args.out / "bank.npz", subsets=subsets[:number + 1].numpy(), losses=table[:number + 1])
        print(f"{number + 1} of {args.subsets}", flush=True)


if __name__ == "__main__":
    main()
