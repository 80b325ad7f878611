"""Speed and memory of the language models, as ratios between forms measured side by side.

    python benchmarks/language_models.py [--quick] [--only PART ...] [--threads N] [--save]
    python benchmarks/language_models.py --device cuda --save    # parts gpt2, library, plain, head

Every comparison is of forms that compute the same thing; :mod:`memstudy.benchmarking.measuring`
says how they are measured. On a GPU models run under bfloat16 autocast, as in training.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy

from memstudy.benchmarking.measuring import Form, Race, main
from memstudy.evaluation import autocast
from memstudy.monitoring import training_flops
from memstudy.nn import plain
from memstudy.nn.cross_entropy import linear_cross_entropy
from memstudy.nn.generation import generate
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.leaky import leaky_average
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import Transformer, TransformerConfig

VOCABULARY = 4096
Shape = tuple[int, int, int, int, int]  # d_model, heads, blocks, time, batch
SHAPES: tuple[Shape, ...] = ((128, 4, 2, 256, 8), (256, 4, 4, 512, 4), (768, 12, 1, 512, 2))
GPU_SHAPES: tuple[Shape, ...] = (
    (256, 4, 4, 512, 64),
    (768, 12, 1, 512, 64),
    (768, 12, 12, 512, 32),
)
LONG: Shape = (256, 4, 2, 1536, 1)
SPARED = {"cuda": ("leaky", "decoding")}  # parts that are questions about a CPU


def shapes(race: Race) -> tuple[Shape, ...]:
    """Sizes to measure."""
    chosen = GPU_SHAPES if race.device.kind == "cuda" else SHAPES
    return chosen[:1] if race.quick else chosen


def models(shape: Shape, race: Race) -> tuple[MemoryMosaic, Transformer]:
    """A mosaic and a GPT2 of equal size."""
    d_model, n_heads, n_blocks, length, _ = shape
    words = dict(
        vocab_size=VOCABULARY,
        d_model=d_model,
        n_heads=n_heads,
        n_blocks=n_blocks,
        context_length=length,
    )
    generator = torch.Generator().manual_seed(0)
    return (
        MemoryMosaic(MosaicConfig(**words), generator).to(race.device.torch),
        Transformer(TransformerConfig(**words), generator).to(race.device.torch),
    )


def batch(shape: Shape, race: Race) -> tuple[torch.Tensor, torch.Tensor]:
    """Random tokens and targets, (batch, time) each."""
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(VOCABULARY, (shape[4], shape[3] + 1), generator=generator)
    tokens = tokens.to(race.device.torch)
    return tokens[:, :-1], tokens[:, 1:]


def named(shape: Shape, model: torch.nn.Module | None = None) -> str:
    """The shape as the report names it, with the size of a model where one is given."""
    words = "d {} heads {} blocks {} T {} batch {}".format(*shape)
    if model is None:
        return words
    return f"{words}, {sum(weight.numel() for weight in model.parameters()) / 1e6:.1f} M parameters"


def step(race: Race, model: LanguageModel, loss: Callable[..., torch.Tensor], *arguments) -> Form:
    """One forward and backward pass of ``model`` that leaves no gradients behind."""

    def run() -> None:
        with autocast(race.device):
            value = loss(*arguments)
        value.backward()
        model.zero_grad()

    return run


def against_gpt2(race: Race) -> None:
    """Mosaic against our GPT2 of equal parameters, forward and backward"""
    for shape in shapes(race):
        mosaic, gpt2 = models(shape, race)
        data = batch(shape, race)
        forms = {
            "mosaic": step(race, mosaic, mosaic.loss, *data),
            "GPT2": step(race, gpt2, gpt2.loss, *data),
        }
        race.compare(
            title(against_gpt2),
            named(shape, mosaic),
            forms,
            memory=True,
            tokens=data[0].numel(),
            flops_per_token=training_flops(mosaic, shape[3]),
            least_speed=1 / 1.3,
            most_memory=1.0,
        )


def against_library(race: Race) -> None:
    """Our GPT2 against that of the transformers library, forward and backward"""
    try:
        from transformers import GPT2Config, GPT2LMHeadModel
    except ImportError:
        print("\nlibrary: skipped, the transformers library is not installed")
        return
    for shape in shapes(race):
        d_model, n_heads, n_blocks, length, _ = shape
        config = GPT2Config(
            vocab_size=VOCABULARY,
            n_positions=length,
            n_embd=d_model,
            n_layer=n_blocks,
            n_head=n_heads,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            use_cache=False,
            bos_token_id=0,
            eos_token_id=0,
            attn_implementation="sdpa",
        )
        theirs = GPT2LMHeadModel(config).to(race.device.torch)
        tokens, targets = batch(shape, race)
        ours = models(shape, race)[1]

        def library_loss(tokens, targets, model=theirs):
            logits = model(input_ids=tokens).logits
            return cross_entropy(logits.flatten(0, 1), targets.flatten())

        forms = {
            "GPT2": step(race, ours, ours.loss, tokens, targets),
            "library": step(race, theirs, library_loss, tokens, targets),
        }
        race.compare(
            title(against_library),
            named(shape, ours),
            forms,
            memory=True,
            tokens=tokens.numel(),
            flops_per_token=training_flops(ours, length),
            least_speed=1.0,
            most_memory=1.0,
        )


def against_plain(race: Race) -> None:
    """Mosaic against the published formulation with the same weights, forward and backward"""
    for shape in shapes(race) if race.quick else (*shapes(race), LONG):
        mosaic, data = models(shape, race)[0], batch(shape, race)
        forms = {
            "mosaic": step(race, mosaic, mosaic.loss, *data),
            "plain": step(race, mosaic, plain.loss, mosaic, *data),
        }
        race.compare(
            title(against_plain),
            named(shape, mosaic),
            forms,
            memory=True,
            tokens=data[0].numel(),
            flops_per_token=training_flops(mosaic, shape[3]),
            least_speed=1.6 if shape[3] <= 512 else 2.5,
            most_memory=0.3,
        )


def leaky(race: Race) -> None:
    """Leaky average alone against the product with a T × T matrix, forward and backward"""
    for shape in SHAPES[:2] if race.quick else (*SHAPES, LONG):
        d_model, n_heads, _, length, size = shape
        x = torch.randn(size, length, n_heads, d_model // n_heads, requires_grad=True)
        x_plain = x.detach().transpose(1, 2).contiguous().requires_grad_()
        leak = torch.exp(-torch.linspace(0.5, 5.0, n_heads)).requires_grad_()

        def run(form, inputs, leak=leak):
            y = form(inputs, leak)
            torch.autograd.grad(y, (inputs, leak), grad_outputs=torch.ones_like(y))

        forms = {
            "chunks": lambda run=run, x=x: run(leaky_average, x),
            "Toeplitz": lambda run=run, x=x_plain: run(plain.leaky_average, x),
        }
        race.compare(title(leaky), named(shape), forms, tokens=size * length, least_speed=6.0)


def head(race: Race) -> None:
    """Loss from hidden states against the whole matrix of logits, forward and backward"""
    where = {"device": race.device.torch}
    for d_model, vocabulary in ((128, VOCABULARY),) if race.quick else ((128, 4096), (768, 50257)):
        hidden = torch.randn(1024, d_model, requires_grad=True, **where)
        weight = (torch.randn(vocabulary, d_model, **where) / d_model**0.5).requires_grad_()
        targets = torch.randint(vocabulary, (1024,), **where)

        def run(form, hidden=hidden, weight=weight):
            torch.autograd.grad(form(), (hidden, weight))

        def whole(hidden=hidden, weight=weight, targets=targets):
            return cross_entropy(hidden @ weight.T, targets)

        def chunked(hidden=hidden, weight=weight, targets=targets):
            return linear_cross_entropy(hidden, weight, targets)

        forms = {"chunks": chunked, "whole": whole}
        if hasattr(torch.nn, "LinearCrossEntropyOptions"):  # PyTorch 2.13 and later

            def torch_own(hidden=hidden, weight=weight, targets=targets):
                return torch.nn.functional.linear_cross_entropy(
                    hidden, weight, targets, options=torch.nn.LinearCrossEntropyOptions()
                )

            forms["torch's own"] = torch_own
        forms = {name: lambda run=run, form=form: run(form) for name, form in forms.items()}
        what = f"d {d_model} vocabulary {vocabulary} tokens 1024"
        race.compare(title(head), what, forms, memory=True, tokens=1024)


def decoding(race: Race) -> None:
    """256 tokens decoded step by step against recomputing the window for each

    From the first token on, where windows are short, and in the second half of a window of 512,
    where the published code recomputes hundreds of positions for each token.
    """
    n_tokens = 256
    cases = ((SHAPES[0], 3), (SHAPES[0], 256), (SHAPES[1], 256))
    for (d_model, n_heads, n_blocks, *_), start in cases[:1] if race.quick else cases:
        prompt = [1 + place % 7 for place in range(start)]
        shape = (d_model, n_heads, n_blocks, 512, 1)
        for name, model in zip(("mosaic", "GPT2"), models(shape, race), strict=True):
            model.eval()
            race.compare(
                title(decoding),
                f"{name}, d {d_model} blocks {n_blocks}, {n_tokens} tokens after {start}",
                decoding_forms(model, prompt, n_tokens),
                tokens=n_tokens,
                rounds=1,
                least_speed=10.0,
            )


def decoding_forms(
    model: LanguageModel, prompt: list[int], n_tokens: int
) -> dict[str, Callable[[], object]]:
    """The cache, and what it spares: the whole window again for each token."""

    @torch.no_grad()
    def recompute():
        window = list(prompt)
        while len(window) < len(prompt) + n_tokens:
            last = model.hidden(torch.tensor([window]))[:, -1]
            logits = (last * model.logit_scale) @ model.embedding.weight.T
            window.append(logits.argmax().item())
        return window

    return {
        "cached": lambda: generate(model, [prompt], n_tokens, temperature=0),
        "recomputed": recompute,
    }


PARTS: dict[str, Callable[[Race], None]] = {
    "gpt2": against_gpt2,
    "library": against_library,
    "plain": against_plain,
    "leaky": leaky,
    "head": head,
    "decoding": decoding,
}


def title(part: Callable[[Race], None]) -> str:
    """The question of a part, as a heading."""
    return (part.__doc__ or "").splitlines()[0]


def measure(race: Race, options: argparse.Namespace) -> None:
    """The parts asked for, in their own order."""
    if options.only and options.save:
        raise SystemExit("a record holds all parts: leave out --only or --save")
    for name, part in PARTS.items():
        asked = name in options.only if options.only else True
        if asked and name not in SPARED.get(race.device.kind, ()):
            part(race)


if __name__ == "__main__":
    own = argparse.ArgumentParser()
    own.add_argument("--only", nargs="+", choices=tuple(PARTS), help="parts to run")
    main("language_models", __doc__.splitlines()[0], measure, own, (9, 3), ("cpu", "cuda"))
