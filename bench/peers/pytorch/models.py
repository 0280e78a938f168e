"""The benchmark models of one sequence as PyTorch users write them: modules, eager, float32, no dropout."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def position_tensor(tokens, channels):
    """The fixed 2-D encoding P (tokens, tokens, channels): row sinusoids, then column sinusoids, cut to channels.

    Returns P and the number of its row channels, which KV+Pos in reduced form does not need.
    """
    per_axis = 2 * math.ceil(channels / 4)
    frequency = 10000.0 ** (-torch.arange(0, per_axis, 2).float() / per_axis)
    angle = torch.arange(tokens).float()[:, None] * frequency
    axis = torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)  # (T, C), interleaved
    rows = axis[:, None, :].expand(tokens, tokens, per_axis)
    columns = axis[None, :, :].expand(tokens, tokens, per_axis)
    return torch.cat([rows, columns], dim=-1)[:, :, :channels].contiguous(), per_axis


class ReducedMap(nn.Module):
    """softmax(S s + g): one scalar and one bias per key position, both from the same m weights."""

    def __init__(self, tokens, channels, maps):
        super().__init__()
        position, row_channels = position_tensor(tokens, channels)
        self.row_channels = row_channels
        self.weight = nn.Parameter(torch.empty(maps, channels).uniform_(-1, 1) / math.sqrt(channels))
        self.register_buffer("columns", position[0, :, row_channels:].contiguous())  # (T, m - C)

    def forward(self, scores):  # (B, H, T, T)
        total = self.weight.sum(-1)[:, None, None]
        bias = (self.weight[:, self.row_channels :] @ self.columns.t())[:, None, :]
        return scores * total + bias[..., : scores.shape[-1]]


class AuthorMap(nn.Module):
    """As published: the scores stand in m channels, P is added, and Linear(m, 1) collapses the channels."""

    def __init__(self, tokens, channels, maps):
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(channels, 1) for _ in range(maps))
        self.register_buffer("position", position_tensor(tokens, channels)[0])

    def forward(self, scores):  # (B, H, T, T)
        if len(self.maps) == 1:
            return self.maps[0](scores.unsqueeze(-1) + self.position).squeeze(-1)
        heads = scores.unbind(1)
        return torch.stack([m((s.unsqueeze(-1) + self.position)).squeeze(-1) for m, s in zip(self.maps, heads)], dim=1)


class Cache:
    """Keys and values of one layer for one sequence that grows, in buffers of its full length."""

    def __init__(self, heads, tokens, width):
        self.buffers = torch.empty(2, 1, heads, tokens, width)
        self.length = 0

    def extend(self, keys, values):  # (1, H, T, D)
        """Appends and returns all keys and values so far; values that are the keys are kept once."""
        start, self.length = self.length, self.length + keys.shape[2]
        kept = []
        for buffer, new in zip(self.buffers, [keys] if values is keys else [keys, values]):
            buffer[:, :, start : self.length] = new
            kept.append(buffer[:, :, : self.length])
        return kept[0], kept[-1]


class Attention(nn.Module):
    def __init__(self, shape, attention):
        super().__init__()
        width, tokens = shape["width"], shape["tokens"]
        self.heads = shape["heads"]
        roles, _, position = attention.partition("+")  # qkv, q-kv, kv or k; "", "pos" or "pos-author"
        self.own_query, self.own_value = roles.startswith("q"), roles in ("qkv", "kv")
        self.parts = 1 + self.own_query + self.own_value
        self.scale = (width if shape["scale"] == "width" else width // self.heads) ** -0.5
        self.project = nn.Linear(width, self.parts * width, bias=shape["projectionBias"])
        self.out = nn.Linear(width, width)
        maps = self.heads if shape["mapPerHead"] else 1
        map_of = {"pos": ReducedMap, "pos-author": AuthorMap}.get(position)
        self.map = map_of(tokens, shape["mapChannels"], maps) if map_of else None
        mask = torch.ones(tokens, tokens, dtype=torch.bool).triu(1) if shape["causal"] else None
        self.register_buffer("mask", mask)

    def forward(self, x, cache=None):  # (B, T, d)
        batch, tokens, width = x.shape
        parts = self.project(x).view(batch, tokens, self.parts, self.heads, width // self.heads)
        parts = parts.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, H, T, d / H)
        k = parts[int(self.own_query)]
        q, v = parts[0], parts[-1] if self.own_value else k
        if cache is not None:
            k, v = cache.extend(k, v)
        scores = q @ k.transpose(-2, -1) * self.scale
        if self.map is not None:
            scores = self.map(scores)
        if self.mask is not None and tokens > 1:
            scores = scores.masked_fill(self.mask[:tokens, :tokens], float("-inf"))
        joined = (F.softmax(scores, dim=-1) @ v).transpose(1, 2).reshape(batch, tokens, width)
        return self.out(joined)


class Block(nn.Module):
    def __init__(self, shape, attention):
        super().__init__()
        width = shape["width"]
        activation = nn.ReLU() if shape["activation"] == "relu" else nn.GELU()
        self.pre = shape["norm"] == "pre"
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(shape, attention)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, shape["feedForward"]), activation, nn.Linear(shape["feedForward"], width)
        )

    def forward(self, x, cache=None):
        if self.pre:
            x = x + self.attention(self.norm1(x), cache)
            return x + self.feed_forward(self.norm2(x))
        x = self.norm1(x + self.attention(x, cache))
        return self.norm2(x + self.feed_forward(x))


def sinusoid(tokens, width):
    """1-D sinusoidal positions (T, d), sine and cosine interleaved."""
    frequency = 10000.0 ** (-torch.arange(0, width, 2).float() / width)
    angle = torch.arange(tokens).float()[:, None] * frequency
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


def output_head(shape):
    width, classes = shape["width"], shape["classes"]
    if shape["head"] == "linear":
        return nn.Linear(width, classes)
    if shape["head"] == "norm-relu":
        return nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, classes))
    return nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, classes))


class Transformer(nn.Module):
    """Embedding, positions, blocks and output head of one benchmark shape; returns logits."""

    def __init__(self, shape, attention):
        super().__init__()
        width, tokens, size = shape["width"], shape["tokens"], shape["inputSize"]
        self.input = shape["input"]
        self.embed = nn.Embedding(size, width) if self.input == "tokens" else nn.Linear(size, width)
        self.class_token = nn.Parameter(torch.randn(1, 1, width)) if self.input == "patches" else None
        if shape["positions"] == "learned":
            self.positions = nn.Parameter(torch.randn(tokens, width))
        else:
            self.register_buffer("positions", sinusoid(tokens, width))
        self.blocks = nn.ModuleList(Block(shape, attention) for _ in range(shape["layers"]))
        self.norm = nn.LayerNorm(width) if shape["finalNorm"] else nn.Identity()
        self.head = output_head(shape)

    def forward(self, x, caches=None):
        """With caches, one a layer, x goes on from what they hold; they hold nothing, or x is a single token."""
        if self.input == "patches":  # (B, 3, 32, 32) to (B, 64, 48), a patch being (row, column, channel)
            batch = x.shape[0]
            x = x.view(batch, 3, 8, 4, 8, 4).permute(0, 2, 4, 3, 5, 1).reshape(batch, 64, 48)
        x = self.embed(x)
        if self.class_token is not None:
            x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1)
        start = caches[0].length if caches else 0
        x = x + self.positions[start : start + x.shape[1]]
        for block, cache in zip(self.blocks, caches or [None] * len(self.blocks)):
            x = block(x, cache)
        x = self.norm(x)
        return self.head(x[:, 0] if self.class_token is not None else x)
