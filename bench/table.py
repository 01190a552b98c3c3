"""Tables of the benchmarks, as text or as Markdown."""


def lines(heads, rows, markdown=False, left=1):
    """Returns the heads, a rule, and a line for each row; the first `left` columns are names, the
    others figures."""
    cells = [heads, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    padded = [[cell.ljust(width) if i < left else cell.rjust(width)
               for i, (cell, width) in enumerate(zip(row, widths))] for row in cells]
    if markdown:
        rule = "|".join("-" * (width + 1) + ("-" if i < left else ":")
                        for i, width in enumerate(widths))
        head, *rest = [f"| {' | '.join(row)} |" for row in padded]
        return [head, f"|{rule}|", *rest]
    head, *rest = ["  ".join(row).rstrip() for row in padded]
    return [head, "  ".join("-" * width for width in widths), *rest]


def show(heads, rows, markdown=False, left=1):
    print(*lines(heads, rows, markdown, left), sep="\n", end="\n\n", flush=True)
