"""A plain eager PyTorch loop of the same work as a Bif chain: SGLD steps on mini-batches, and at each draw the losses of
all items and queries. Run by `bif bench draws` and `bif check --speed`; prints one JSON object with the rate: draws per
second, or for matrix the GFLOP/s of a product.

    eager_loop.py mlp|resnet20|resnet9|matrix ITEMS QUERIES BATCH THIN SECONDS THREADS [DEVICE [float32|tf32]]
"""
import json
import sys
import time

import torch
import torch.nn.functional as F


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


def resnet20():
    layers = [torch.nn.Conv2d(3, 16, 3, 1, 1, bias=False), torch.nn.BatchNorm2d(16), torch.nn.ReLU()]
    width = 16
    for stage in (16, 32, 64):
        for index in range(3):
            layers.append(Block(width, stage, 2 if stage > 16 and index == 0 else 1))
            width = stage
    return torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(64, 10))


def mlp():
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))


def convolution(inputs, outputs, kernel=3, stride=1, padding=1):
    return torch.nn.Sequential(torch.nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), torch.nn.BatchNorm2d(outputs), torch.nn.ReLU())


class Residual(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = torch.nn.Sequential(convolution(width, width), convolution(width, width))

    def forward(self, x):
        return x + self.inner(x)


class Scale(torch.nn.Module):
    def forward(self, x):
        return x * 0.2


def resnet9():
    return torch.nn.Sequential(
        convolution(3, 64), convolution(64, 128, 5, 2, 2), Residual(128), convolution(128, 256), torch.nn.MaxPool2d(2),
        Residual(256), convolution(256, 128, 3, 1, 0), torch.nn.AdaptiveMaxPool2d(1), torch.nn.Flatten(),
        torch.nn.Linear(128, 10, bias=False), Scale())


def matrix(device):
    size, best = 1024 if device == "cpu" else 8192, float("inf")
    left, right = torch.randn(size, size, device=device), torch.randn(size, size, device=device)
    for _ in range(4):
        start = time.perf_counter()
        left.matmul(right).sum().item()
        best = min(best, time.perf_counter() - start)
    return 2e-9 * size**3 / best


def main():
    name, items, queries, batch, thin, seconds, threads = sys.argv[1], *map(int, sys.argv[2:6]), float(sys.argv[6]), int(sys.argv[7])
    device = sys.argv[8] if len(sys.argv) > 8 else "cpu"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = sys.argv[9:10] == ["tf32"]
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    if name == "matrix":
        print(json.dumps({"rate": matrix(device), "torch": torch.__version__}))
        return
    model = {"mlp": mlp, "resnet20": resnet20, "resnet9": resnet9}[name]().eval().to(device)
    shape = (1, 28, 28) if name == "mlp" else (3, 32, 32)
    inputs = torch.randn(items + queries, *shape, device=device)
    labels = torch.randint(0, 10, (items + queries,), device=device)
    center = [p.detach().clone() for p in model.parameters()]
    epsilon, nbeta, gamma = 1e-6, 100.0, 1000.0

    def step():
        index = torch.randperm(items, device=device)[:batch] if batch < items else torch.arange(items, device=device)
        model.zero_grad()
        # Gradients of large batches are accumulated in pieces, as memory demands.
        for piece in index.split(256):
            (F.cross_entropy(model(inputs[piece]), labels[piece], reduction="sum") / len(index)).backward()
        with torch.no_grad():
            for p, c in zip(model.parameters(), center):
                p.add_(-epsilon / 2 * (nbeta * p.grad + gamma * (p - c)) + epsilon**0.5 * torch.randn_like(p))

    def draw():
        for _ in range(thin):
            step()
        with torch.no_grad():
            return torch.cat([F.cross_entropy(model(x), y, reduction="none") for x, y in zip(inputs.split(256), labels.split(256))]).cpu()

    draw()
    start, draws = time.perf_counter(), 0
    while time.perf_counter() - start < seconds or draws == 0:
        draw()
        draws += 1
    print(json.dumps({"rate": draws / (time.perf_counter() - start), "torch": torch.__version__}))


main()
