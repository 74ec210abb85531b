#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Samples into tables: report.py SAMPLES BARS DIRECTORY

SAMPLES has a line for each result, with tabs: case, what, contender, quantity,
value; facts have "-" for what and contender.  BARS says what has to be reached
(its head explains how).  Written are results.json, results.md, and base.dat
and written.dat for the plot, as far as there is something to plot.
"""

import json
import os
import statistics
import sys


def read_samples(path):
    """Facts by case and name; values by case, what, contender, quantity."""
    facts, values = {}, {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            case, what, contender, quantity, value = \
                line.rstrip("\n").split("\t")
            if what == "-":
                facts.setdefault(case, {})[quantity] = value
            else:
                values.setdefault((case, what, contender, quantity),
                                  []).append(float(value))
    return facts, values


def summary(values):
    return {"median": statistics.median(values), "minimum": min(values),
            "maximum": max(values), "rounds": len(values)}


def measures(values):
    """{case: {what: {contender: {quantity: summary}}}}"""
    result = {}
    for (case, what, contender, quantity), numbers in values.items():
        result.setdefault(case, {}).setdefault(what, {}).setdefault(
            contender, {})[quantity] = summary(numbers)
    return result


# --- bars ---

def median_of(values, name):
    """None if CASE/WHAT/CONTENDER[:QUANTITY] was not measured."""
    place, _, quantity = name.partition(":")
    numbers = values.get((*place.split("/"), quantity or "seconds"))
    return statistics.median(numbers) if numbers else None


def read_bars(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            names = [words.pop(0)]
            if words[0] == "/":
                names.append(words[1])
                del words[:2]
            sign, number, *text = words
            if sign not in (">=", "<=") or \
                    any(name.count("/") != 2 for name in names):
                raise ValueError(f"no bar: {line}")
            yield names, sign, float(number), " ".join(text)


def judge(values, bars, meaningful):
    """Those whose measures are there; "met" is None where it means nothing."""
    for names, sign, number, text in bars:
        medians = [median_of(values, name) for name in names]
        if None in medians:
            continue
        measured = medians[0] / medians[1] if len(medians) > 1 else medians[0]
        met = measured >= number if sign == ">=" else measured <= number
        yield {"text": text, "measures": names, "sign": sign,
               "wanted": number, "measured": measured,
               "met": met if meaningful else None}


# --- as a text ---

def short(number):
    """Three digits, without an exponent."""
    if number >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.{1 if number >= 10 else 2 if number >= 1 else 3}f}"


def table(heads, rows):
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def seconds_of(quantities, fastest):
    it = quantities.get("seconds")
    if it is None:
        return ["failed" if "failed" in quantities else "", "", "", "", ""]
    return [short(it["median"]), short(it["minimum"]), short(it["maximum"]),
            str(it["rounds"]), short(it["median"] / fastest)]


def others_of(quantities):
    """All but seconds: in MiB what is in KiB."""
    for quantity, it in quantities.items():
        name, _, unit = quantity.rpartition("_")
        if unit == "kib":
            yield f'{name} {short(it["median"] / 1024)} MiB'
        elif quantity not in ("seconds", "failed"):
            yield f'{quantity.replace("_", " ")} {short(it["median"])}'


def case_rows(whats):
    for what, contenders in whats.items():
        fastest = min((quantities["seconds"]["median"]
                       for quantities in contenders.values()
                       if "seconds" in quantities), default=None)
        for contender, quantities in contenders.items():
            yield [what, contender, *seconds_of(quantities, fastest),
                   ", ".join(others_of(quantities))]


def bar_rows(bars):
    for bar in bars:
        yield (bar["text"], f'{bar["sign"]} {short(bar["wanted"])}',
               short(bar["measured"]),
               {True: "met", False: "**not met**", None: "–"}[bar["met"]])


def text_of(facts, cases, bars):
    for name, value in facts.get("host", {}).items():
        yield f"* {name.replace('_', ' ')}: {value}"
    yield ""
    if bars:
        yield "## Bars"
        yield ""
        yield from table(("what", "wanted", "measured", ""), bar_rows(bars))
        judged = [bar["met"] for bar in bars if bar["met"] is not None]
        yield f"{judged.count(True)} met, {judged.count(False)} not met."
        yield ""
    for case, whats in cases.items():
        yield f"## {case}"
        yield ""
        told = [f"{name} {short(float(value)) if value.isdigit() else value}"
                for name, value in facts.get(case, {}).items()]
        if told:
            yield "; ".join(told)
            yield ""
        yield from table(("what", "who", "seconds", "minimum", "maximum",
                          "rounds", "times the fastest", "also"),
                         case_rows(whats))


# --- for the plot ---

# Name in the plot's key, what, contender.
BY_BASE = (("diff", "diff", "deltafs-diff"),
           ("libext2fs walk", "diff", "walk"),
           ("virt-diff", "diff", "virt-diff"))
BY_WRITTEN = (("diff", "diff", "deltafs-diff"),
              ("mount to ls", "mount", "deltafs"),
              ("read all", "read", "deltafs"))


def points(facts, values, fact, series, chosen):
    """A block of "X MEDIAN MINIMUM MAXIMUM" for each curve, as gnuplot's index
    wants them."""
    blocks = []
    for title, what, contender in series:
        lines = []
        for case, known in facts.items():
            numbers = values.get((case, what, contender, "seconds"))
            if numbers and fact in known and chosen(case):
                lines.append((float(known[fact]), statistics.median(numbers),
                              min(numbers), max(numbers)))
        if lines:
            blocks.append(f'"{title}"\n' + "\n".join(
                " ".join(f"{number:g}" for number in line)
                for line in sorted(lines)))
    return "\n\n\n".join(blocks) + "\n" if blocks else None


def write(directory, name, text):
    path = os.path.join(directory, name)
    if text is None:
        if os.path.exists(path):
            os.unlink(path)
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(samples, bars, directory):
    facts, values = read_samples(samples)
    meaningful = facts.get("host", {}).get("scale", "1") == "1"
    judged = list(judge(values, read_bars(bars), meaningful))
    cases = measures(values)
    write(directory, "results.json", json.dumps(
        {"facts": facts, "cases": cases, "bars": judged}, indent=1) + "\n")
    write(directory, "results.md",
          "\n".join(text_of(facts, cases, judged)) + "\n")
    write(directory, "base.dat", points(
        facts, values, "files", BY_BASE,
        lambda case: case != "tree-large-atimes"))
    write(directory, "written.dat", points(
        facts, values, "written", BY_WRITTEN,
        lambda case: case.startswith("upgrade-")))


main(*sys.argv[1:])
