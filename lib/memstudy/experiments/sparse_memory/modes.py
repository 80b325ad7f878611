"""The modes of decoding that are timed against each other; torch is not needed here."""

PLAIN, WARM, COLD, IN_PROMPT, DENSE_WARM = (
    "no retrieval",
    "memories, warm",
    "memories, cold",
    "references in the prompt",
    "dense memories, warm",
)
MODES = (PLAIN, WARM, COLD, IN_PROMPT, DENSE_WARM)
