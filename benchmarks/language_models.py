"""Speed and memory of the language models, as ratios between forms measured side by side.

    PYTHONPATH=lib python benchmarks/language_models.py [--quick] [--only PART ...] [--threads N]

Every line compares two forms that compute the same thing in the same process, in interleaved
rounds; times are medians of the rounds and ratios medians of the rounds' ratios. With one thread
(the default) the clock is the processor time of this process, which other load on the machine
disturbs little; with more threads it is the wall clock. Peak memory is what PyTorch's allocator
held at most during one forward and backward pass, gradients included, weights not.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import torch
from torch.nn.functional import cross_entropy

from memstudy.core import device
from memstudy.nn import plain
from memstudy.nn.cross_entropy import linear_cross_entropy
from memstudy.nn.generation import generate
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.leaky import leaky_average
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import Transformer, TransformerConfig

VOCABULARY = 4096
# (d_model, heads, blocks, time, batch)
SHAPES = ((128, 4, 2, 256, 8), (256, 4, 4, 512, 4), (768, 12, 1, 512, 2))
LONG = (256, 4, 2, 1536, 1)

Form = Callable[[], object]


class Race:
    """Measures forms against each other and prints one line for each comparison."""

    def __init__(self, rounds: int, threads: int):
        self.rounds = rounds
        self.clock = time.process_time if threads == 1 else time.perf_counter

    def times(self, forms: dict[str, Form]) -> dict[str, list[float]]:
        """Seconds of each form in each round; every form runs once beforehand."""
        for form in forms.values():
            form()
        taken: dict[str, list[float]] = {name: [] for name in forms}
        for _ in range(self.rounds):
            for name, form in forms.items():
                start = self.clock()
                form()
                taken[name].append(self.clock() - start)
        return taken

    def slowness(self, what: str, forms: dict[str, Form], goal: float) -> None:
        """Print how much longer the first form takes than the second, ``goal`` at most."""
        (first, ours), (second, theirs) = self.times(forms).items()
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        self._print(what, "time", first, second, ours, theirs, ratio, ratio <= goal, f"<= {goal}")

    def speedup(self, what: str, forms: dict[str, Form], goal: float | None) -> None:
        """Print how many times as fast the first form is; at least ``goal`` is wanted."""
        (first, ours), (second, theirs) = self.times(forms).items()
        ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        met = goal is None or ratio >= goal
        wanted = "-" if goal is None else f">= {goal}"
        self._print(what, "speed", first, second, ours, theirs, ratio, met, wanted)

    def memory(self, what: str, forms: dict[str, Form], goal: float) -> None:
        """Print the peak memory of the first form as a share of the second's."""
        (first, ours), (second, theirs) = ((name, peak_memory(f)) for name, f in forms.items())
        line(
            f"{what}: peak memory, {first} / {second}",
            f"{ours / 1e6:.0f} / {theirs / 1e6:.0f} MB",
            ours / theirs,
            f"<= {goal}",
            ours / theirs <= goal,
        )

    @staticmethod
    def _print(what, unit, first, second, ours, theirs, ratio, met, wanted) -> None:
        medians = [statistics.median(times) * 1e3 for times in (ours, theirs)]
        by = f"{first} / {second}" if unit == "time" else f"{second} / {first}"
        if unit == "speed":
            medians.reverse()
        line(f"{what}: time, {by}", "{:.1f} / {:.1f} ms".format(*medians), ratio, wanted, met)


def line(what: str, values: str, ratio: float, wanted: str, met: bool) -> None:
    """One row of the report."""
    print(f"{what:66} {values:>22} {ratio:7.2f} {wanted:>8} {'' if met else 'MISSED'}", flush=True)


def peak_memory(form: Form) -> int:
    """Largest number of bytes that PyTorch held beyond those it held before ``form`` ran."""
    with torch.profiler.profile(profile_memory=True) as profile:
        form()
    events = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
    held = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak


def models(shape: tuple[int, ...]) -> tuple[MemoryMosaic, Transformer]:
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
        MemoryMosaic(MosaicConfig(**words), generator),
        Transformer(TransformerConfig(**words), generator),
    )


def batch(shape: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Random tokens and targets, (batch, time) each."""
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(VOCABULARY, (shape[4], shape[3] + 1), generator=generator)
    return tokens[:, :-1], tokens[:, 1:]


def named(shape: tuple[int, ...]) -> str:
    """The shape as the report names it."""
    return "d {} heads {} blocks {} T {} batch {}".format(*shape)


def step(model: LanguageModel, loss: Callable[..., torch.Tensor], *arguments) -> Form:
    """One forward and backward pass of ``model`` that leaves no gradients behind."""

    def run() -> None:
        loss(*arguments).backward()
        model.zero_grad()

    return run


def against_gpt2(race: Race, quick: bool) -> None:
    """The mosaic against our GPT2 of equal parameters."""
    for shape in SHAPES[:1] if quick else SHAPES:
        mosaic, gpt2 = models(shape)
        data = batch(shape)
        forms = {
            "mosaic": step(mosaic, mosaic.loss, *data),
            "GPT2": step(gpt2, gpt2.loss, *data),
        }
        race.slowness(named(shape), forms, goal=1.3)
        race.memory(named(shape), forms, goal=1.0)


def against_library(race: Race, quick: bool) -> None:
    """Our GPT2 against that of the transformers library."""
    try:
        from transformers import GPT2Config, GPT2LMHeadModel
    except ImportError:
        print("library: skipped, the transformers library is not installed")
        return
    for shape in SHAPES[:1] if quick else SHAPES:
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
        theirs = GPT2LMHeadModel(config)
        tokens, targets = batch(shape)
        ours = models(shape)[1]

        def library_loss(tokens, targets, model=theirs):
            logits = model(input_ids=tokens).logits
            return cross_entropy(logits.flatten(0, 1), targets.flatten())

        forms = {
            "GPT2": step(ours, ours.loss, tokens, targets),
            "library": step(theirs, library_loss, tokens, targets),
        }
        race.slowness(named(shape), forms, goal=1.0)
        race.memory(named(shape), forms, goal=1.0)


def against_plain(race: Race, quick: bool) -> None:
    """The mosaic against the published formulation with the same weights."""
    for shape in SHAPES[:1] if quick else (*SHAPES, LONG):
        mosaic, data = models(shape)[0], batch(shape)
        forms = {
            "mosaic": step(mosaic, mosaic.loss, *data),
            "plain": step(mosaic, plain.loss, mosaic, *data),
        }
        race.speedup(named(shape), forms, goal=1.6 if shape[3] <= 512 else 2.5)
        race.memory(named(shape), forms, goal=0.3)


def leaky(race: Race, quick: bool) -> None:
    """The leaky average alone, forward and backward, against the product with a T x T matrix."""
    for shape in SHAPES[:2] if quick else (*SHAPES, LONG):
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
        race.speedup(named(shape), forms, goal=6.0)


def head(race: Race, quick: bool) -> None:
    """Loss from hidden states, forward and backward, against the whole matrix of logits."""
    for d_model, vocabulary in ((128, VOCABULARY),) if quick else ((128, 4096), (768, 50257)):
        hidden = torch.randn(1024, d_model, requires_grad=True)
        weight = (torch.randn(vocabulary, d_model) / d_model**0.5).requires_grad_()
        targets = torch.randint(vocabulary, (1024,))

        def run(form, hidden=hidden, weight=weight):
            torch.autograd.grad(form(), (hidden, weight))

        def whole(hidden=hidden, weight=weight, targets=targets):
            return cross_entropy(hidden @ weight.T, targets)

        def chunked(hidden=hidden, weight=weight, targets=targets):
            return linear_cross_entropy(hidden, weight, targets)

        forms = {"chunks": lambda run=run, f=chunked: run(f)}
        plain_form = {"whole": lambda run=run, f=whole: run(f)}
        what = f"d {d_model} vocabulary {vocabulary} tokens 1024"
        race.speedup(what, forms | plain_form, goal=None)
        race.memory(what, forms | plain_form, goal=1.0)
        if hasattr(torch.nn, "LinearCrossEntropyOptions"):  # PyTorch 2.13 and later

            def torch_own(hidden=hidden, weight=weight, targets=targets):
                return torch.nn.functional.linear_cross_entropy(
                    hidden, weight, targets, options=torch.nn.LinearCrossEntropyOptions()
                )

            race.speedup(what, forms | {"torch": lambda run=run, f=torch_own: run(f)}, goal=None)


def decoding(race: Race, quick: bool) -> None:
    """256 tokens decoded step by step against recomputing the window for each.

    From the first token on, where windows are short, and in the second half of a window of 512,
    where the published code recomputes hundreds of positions for each token.
    """
    n_tokens = 256
    cases = ((SHAPES[0], 3), (SHAPES[0], 256), (SHAPES[1], 256))
    clock = race.clock
    for (d_model, n_heads, n_blocks, *_), start in cases[:1] if quick else cases:
        race = Race(1, 1 if clock is time.process_time else 2)
        prompt = [1 + place % 7 for place in range(start)]
        shape = (d_model, n_heads, n_blocks, 512, 1)
        for name, model in zip(("mosaic", "GPT2"), models(shape), strict=True):
            model.eval()
            forms = decoding_forms(model, prompt, n_tokens)
            what = f"{name}, d {d_model} blocks {n_blocks}, {n_tokens} tokens after {start}"
            race.speedup(what, forms, goal=10.0)


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


PARTS: dict[str, Callable[[Race, bool], None]] = {
    "gpt2": against_gpt2,
    "library": against_library,
    "plain": against_plain,
    "leaky": leaky,
    "head": head,
    "decoding": decoding,
}


def chosen(names: list[str] | None) -> Iterator[tuple[str, Callable[[Race, bool], None]]]:
    """The parts to run, in their own order."""
    return ((name, part) for name, part in PARTS.items() if not names or name in names)


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="smallest shapes, 3 rounds")
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), help="parts to run")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    parser.add_argument("--rounds", type=int, help="rounds (default 9; 3 with --quick)")
    arguments = parser.parse_args()
    # Sets the threads, and flushes denormal numbers to zero for both sides alike.
    machine = device.select("cpu", arguments.threads)
    clock = "processor time" if machine.threads == 1 else "wall clock"
    print(f"{machine.name}, torch {torch.__version__}, threads {machine.threads}, {clock}, float32")
    race = Race(arguments.rounds or (3 if arguments.quick else 9), machine.threads)
    for name, part in chosen(arguments.only):
        print(f"\n{name}: {(part.__doc__ or '').splitlines()[0]}")
        part(race, arguments.quick)


if __name__ == "__main__":
    main()
