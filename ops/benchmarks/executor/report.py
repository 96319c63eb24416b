"""Figures as ratios against their bars: Markdown, JSON and an SVG plot."""

import json
import os
import platform
import statistics

#: kind, peer, whether the peer's figure stands above ours in the ratio, bar, moonshot
BARS = [
    ("list", "node jsonata-js", True, 40, 80, "list of 200: node + jsonata-js / executor"),
    ("list", "node hand", True, 2, 4, "list of 200: hand-written node / executor"),
    ("list", "fastapi jsonata-python", True, 170, 340, "list of 200: FastAPI + jsonata-python / executor"),
    ("record", "node jsonata-js", True, 8, 20, "one record: node + jsonata-js / executor"),
    ("record", "node hand", True, 2, 4, "one record: hand-written node / executor"),
    ("record 1.2 KB", "nginx", False, 3, 1.3, "proxy of 1.2 KB: executor / nginx proxy_pass"),
    ("page 239 KB", "nginx", False, 2, 1.1, "proxy of 239 KB: executor / nginx proxy_pass"),
]


def median_cpu(figures, kind, name):
    rounds = figures.get(kind, {}).get(name)
    return statistics.median(figure["cpu_us"] for figure in rounds) if rounds else None


def goals(results):
    """Rows of (goal, ratio, bar, moonshot, whether small is good)."""
    figures, rows = results["figures"], []
    for kind, peer, peer_above, bar, moonshot, label in BARS:
        own, other = median_cpu(figures, kind, "tributary"), median_cpu(figures, kind, peer)
        if own and other:
            rows.append((label, other / own if peer_above else own / other, bar, moonshot, not peer_above))
    listed, proxied = median_cpu(figures, "list", "tributary"), median_cpu(figures, "page 239 KB", "tributary")
    if listed and proxied:
        rows.append(("mapping tax: list of 200 / proxy of the same page", listed / proxied, 10, 4, True))
    rates = results.get("parse_mb_per_s", {})
    if "node" in rates:
        rows.append(("JSON parse: executor / node JSON.parse(Buffer)", rates["tributary"] / rates["node"], 4, 8, False))
    idle = results.get("idle_connection_bytes", {})
    if "node hand" in idle:
        rows.append(("memory per idle connection: executor / node", idle["tributary"] / idle["node hand"], 1, 0.4, True))
    warm = results.get("warm_memory_bytes", {})
    peer = "node jsonata-js" if "node jsonata-js" in warm else "node hand"
    if peer in warm:
        rows.append((f"warm memory: executor / {peer}", warm["tributary"] / warm[peer], 0.6, 0.3, True))
    starts = results.get("cold_start_ms", {})
    for name, times in starts.items():
        if name != "tributary":
            ratio = statistics.median(times) / statistics.median(starts["tributary"])
            rows.append((f"cold start to the first answer: {name} / executor", ratio, 4, 10, False))
    return rows


def spread(values, digits=1):
    ordered = sorted(values)
    return "/".join(f"{value:.{digits}f}" for value in (ordered[0], statistics.median(ordered), ordered[-1]))


def markdown(results):
    lines = [
        "# ops/bench executor", "",
        f"{results['connections']} connections, one worker thread; {platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the end. Figures are min/median/max of the rounds.", "",
        "| goal | ratio | at least / at most | moonshot | |", "| --- | --- | --- | --- | --- |",
    ]
    for label, ratio, bar, moonshot, small in goals(results):
        met = ratio <= bar if small else ratio >= bar
        best = ratio <= moonshot if small else ratio >= moonshot
        sign = "≤" if small else "≥"
        lines.append(
            f"| {label} | {ratio:.2f} | {sign} {bar} | {sign} {moonshot} | "
            f"{'moonshot' if best else 'met' if met else 'MISSED'} |"
        )
    lines += ["", "| what | server | CPU µs/request | requests/s | p50 µs | p99 µs |", "| --- | --- | --- | --- | --- | --- |"]
    for kind, members in results["figures"].items():
        for name, rounds in members.items():
            def all_of(key):
                return [figure[key] for figure in rounds]
            lines.append(
                f"| {kind} | {name} | {spread(all_of('cpu_us'))} | {spread(all_of('requests_per_second'), 0)} "
                f"| {spread(all_of('p50_us'), 0)} | {spread(all_of('p99_us'), 0)} |"
            )
    lines.append("")
    for key, unit, scale, title in (
        ("warm_memory_bytes", "MB", 1e6, "Warm memory"),
        ("idle_connection_bytes", "KB", 1e3, "Memory per idle connection"),
    ):
        if key in results:
            parts = ", ".join(f"{name} {value / scale:.1f} {unit}" for name, value in results[key].items())
            lines.append(f"{title}: {parts}.  ")
    if "cold_start_ms" in results:
        parts = ", ".join(f"{name} {spread(times, 0)} ms" for name, times in results["cold_start_ms"].items())
        lines.append(f"Cold start: {parts}.  ")
    if "parse_mb_per_s" in results:
        parts = ", ".join(f"{name} {rate:.0f} MB/s" for name, rate in results["parse_mb_per_s"].items())
        lines.append(f"JSON parse of the page: {parts}.  ")
    lines += [f"Left out: {line}.  " for line in results["missing"]]
    return "\n".join(lines) + "\n"


def plot(results):
    """Bars on a logarithmic scale: CPU per request of each server."""
    import math

    rows = []
    for kind, members in results["figures"].items():
        for name in members:
            rows.append((kind, name, median_cpu(results["figures"], kind, name)))
    width, left, line = 860, 300, 22
    top = max((value for _, _, value in rows), default=1)
    scale = (width - left - 90) / math.log10(max(top, 10) * 1.2)
    parts, y, last = [], 40, None
    for kind, name, value in rows:
        if kind != last:
            y += 12
            parts.append(f'<text x="12" y="{y + 14}" font-weight="bold">{kind}</text>')
            last = kind
        length = max(2, math.log10(max(value, 1)) * scale)
        colour = "#2a6f97" if name == "tributary" else "#b8bec4"
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{name}</text>')
        parts.append(f'<rect x="{left}" y="{y + 2}" width="{length:.0f}" height="{line - 6}" fill="{colour}"/>')
        parts.append(f'<text x="{left + length + 6:.0f}" y="{y + 14}">{value:,.1f}</text>')
        y += line
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y + 20}" font-family="sans-serif" font-size="13">'
        f'<rect width="100%" height="100%" fill="white"/>'
        f'<text x="12" y="24" font-size="15">CPU microseconds per request, {results["connections"]} connections, log scale</text>'
        + "".join(parts) + "</svg>\n"
    )


def write(results, out):
    """`executor.md`, `executor.json` and `executor.svg` in a folder."""
    (out / "executor.md").write_text(markdown(results))
    (out / "executor.json").write_text(json.dumps({**results, "goals": goals(results)}, indent=1))
    (out / "executor.svg").write_text(plot(results))
