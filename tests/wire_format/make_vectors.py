#!/usr/bin/env python3
"""Writes tests/vectors/*.txt with the Python checker's primitives; the same bytes every time.

make_vectors.py           writes them
make_vectors.py --check   fails if what is there differs
"""

import pathlib
import sys

import challenge_vectors
import clearance_vectors
import context_vectors
import cookie_vectors
import hashwx_vectors
import primitive_vectors
import reference_vectors
import request_head
import response_vectors
import sequence_vectors

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"

FILES = {  # In a fixed order: they draw from one source.
    "base64url.txt": primitive_vectors.base64url_file,
    "keys.txt": primitive_vectors.keys_file,
    "user_agent_class.txt": primitive_vectors.user_agent_file,
    "binding.txt": primitive_vectors.binding_file,
    "return_path.txt": primitive_vectors.return_path_file,
    "solution.txt": primitive_vectors.solution_file,
    "sha256_puzzle.txt": primitive_vectors.puzzle_file,
    "clearance.txt": clearance_vectors.clearance_file,
    "cookie.txt": cookie_vectors.cookie_file,
    "redemption.txt": challenge_vectors.challenge_file,
    "redemption_sequence.txt": sequence_vectors.sequence_file,
    "context.txt": context_vectors.context_file,
    "reference.txt": reference_vectors.reference_file,
    "response.txt": response_vectors.response_file,
    "hashwx_function.txt": hashwx_vectors.function_file,
    "hashwx_puzzle.txt": hashwx_vectors.puzzle_file,
    "hashwx_redemption.txt": hashwx_vectors.redemption_file,
}


def main():
    texts = {name: make().text() for name, make in FILES.items()}
    texts["request.txt"] = request_head.request_head()
    stale = []
    for name, text in texts.items():
        path = VECTORS / name
        if "--check" not in sys.argv[1:]:
            path.write_bytes(text.encode())
        elif not path.exists() or path.read_bytes() != text.encode():
            stale.append(name)
    if stale:
        sys.exit(
            f"not what make_vectors.py writes: {', '.join(stale)}; run it and look at the change"
        )
    print(f"{len(texts)} files")


if __name__ == "__main__":
    main()
