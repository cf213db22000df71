{
  // A finding as a row of the table, and as what the row opens into.
  const { element } = halfpixel;
  const { AGREE, reader } = halfpixel.questions;
  const SIGN = {
    exact: "=", agrees: "≈", approximates: "~", ties: "½", diverges: "≠", unsupported: "–", error: "!", "not installed": "○",
  };

  const subject = (of, i) => of("operation", i) + (of("variant", i) && ` [${of("variant", i)}]`);
  const idOf = (of, i) => `${of("suite", i)}/${subject(of, i)}`;
  const shownNumber = (value) => (typeof value === "number" ? Number(value.toPrecision(3)).toString().replace("-", "−") : value);

  const mark = (verdict) => element("span", { className: `v v-${verdict.replace(" ", "-")}` },
    element("span", { "aria-hidden": "true", textContent: `${SIGN[verdict] || ""} ` }), verdict);

  function howMuch(of, i) {
    const grey = of("grey", i), gain = of("gain", i);
    if (grey !== null) return [`${shownNumber(grey)} `, element("small", { textContent: "grey levels" })];
    if (gain === null || AGREE.includes(of("verdict", i))) return [""];
    return [`${shownNumber(gain)} `, element("small", { textContent: of("unit", i) })];
  }

  const columnsOf = (of) => [
    {
      title: "Operation", className: "what", data: (i) => subject(of, i),
      cell: (i) => [
        element("button", { type: "button", className: "opener", "aria-expanded": "false", textContent: subject(of, i) }),
        element("p", { textContent: of("answer", i) }),
      ],
    },
    {
      title: "Verdict", data: (i) => String(Object.keys(SIGN).indexOf(of("verdict", i))),
      cell: (i) => [mark(of("verdict", i)), ...(of("ledger", i) && of("ledger", i) !== "known"
        ? [" ", element("span", { className: `tag ${of("ledger", i)}`, textContent: of("ledger", i) })] : [])],
    },
    { title: "Worst error", className: "num", type: "num", data: (i) => sortable(of("grey", i) ?? of("gain", i)), cell: (i) => howMuch(of, i) },
    {
      title: "Moved", className: "num", type: "num", data: (i) => sortable(of("moved", i)),
      cell: (i) => (of("moved", i) === null ? [""] : [`${shownNumber(of("moved", i))} `, element("small", { textContent: of("moved", i) === 1 ? "input pixel" : "input pixels" })]),
    },
    { title: "Differs in", data: (i) => of("factors", i), cell: (i) => [of("factors", i).replaceAll("\n", ", ")] },
    { title: "Suite", data: (i) => of("suite", i), cell: (i) => [of("suite", i)] },
  ];
  const sortable = (value) => (typeof value === "number" ? value : value === null ? -1 : Infinity);

  function facts(of, more, known, i) {
    const list = element("dl", { className: "facts" });
    const add = (name, ...content) => {
      const kept = content.filter((each) => each !== "" && each !== null);
      if (kept.length) list.append(element("dt", { textContent: name }), element("dd", {}, ...kept));
    };
    const link = (url) => url && element("a", { href: url, rel: "noreferrer", textContent: url });
    add("Question", more("question", i).replace("□", of("operation", i)));
    add("Held against", more("against", i));
    add("Because", more("explanation", i));
    add("What was measured is", more("measured", i));
    add("Known", more("reason", i));
    add("Upstream", link(more("upstream", i)));
    add("Found", of("since", i));
    add("Sizes", more("sizes", i));
    add("Worst at", more("worst", i));
    for (const [name, value] of more("figures", i)) add(name, value);
    add("Tolerance", more("tolerance", i));
    add("Refused", more("refused", i));
    add("Note", more("note", i));
    add("Documentation", link(more("source", i)));
    const those = known.get(of("convention", i));
    if (those?.size > 1) {
      add("The same convention", [...those].map(([name, { agree, differ }]) =>
        `${name}: ${differ ? `${differ} of ${agree + differ} differ${agree + differ === 1 ? "s" : ""}` : "agrees"}`).join("; "));
    }
    return list;
  }

  async function body(of, known, i) {
    const more = reader(await halfpixel.unpack("details"));
    const made = element("div", { className: "found" }, facts(of, more, known, i));
    const links = [[halfpixel.fragment("find", { row: idOf(of, i) }), "Link to this finding"]];
    if (more("card", i)) links.push([`#${more("card", i)}`, "Its weights, drawn"]);
    if (halfpixel.routes.has("compare")) links.push([halfpixel.fragment("compare", { a: of("operation", i) }), "Compare this operation with another"]);
    made.append(element("p", { className: "small actions" },
      ...links.flatMap(([href, textContent]) => [element("a", { href, textContent }), " "])));
    const program = more("reproduction", i), message = more("message", i);
    if (program) made.append(element("h3", { textContent: "A program that shows it" }), halfpixel.copyable(program, `Reproduction of ${subject(of, i)}`));
    if (message) {
      made.append(element("details", { className: "more" }, element("summary", { textContent: "Message of the test" }),
        element("pre", { className: "wrap", textContent: message })));
    }
    return made;
  }

  halfpixel.rows = { SIGN, idOf, columnsOf, body };
}
