{
  // A finding as a row of the table, and as what the row opens into.
  const { element, isInGroup, number, verdictMark, verdictNames } = halfpixel;
  const { reader } = halfpixel.questions;

  const subject = (of, i) => of("operation", i) + (of("variant", i) && ` [${of("variant", i)}]`);
  const idOf = (of, i) => `${of("suite", i)}/${subject(of, i)}`;

  function howMuch(of, i) {
    const grey = of("grey_levels", i), gain = of("gain", i);
    if (grey !== null) return [`${number(grey)} `, element("small", { textContent: "grey levels" })];
    if (gain === null || isInGroup(of("verdict", i), "agree")) return [""];
    return [`${number(gain)} `, element("small", { textContent: of("unit", i) })];
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
      title: "Verdict", data: (i) => String(verdictNames().indexOf(of("verdict", i))),
      cell: (i) => [verdictMark(of("verdict", i)), ...(of("ledger", i) && of("ledger", i) !== "known"
        ? [" ", element("span", { className: `tag ${of("ledger", i)}`, textContent: of("ledger", i) })] : [])],
    },
    { title: "Worst error", className: "num", type: "num", data: (i) => sortable(of("grey_levels", i) ?? of("gain", i)), cell: (i) => howMuch(of, i) },
    {
      title: "Moved", className: "num", type: "num", data: (i) => sortable(of("pixels_moved", i)),
      cell: (i) => {
        const moved = of("pixels_moved", i);
        return moved === null ? [""] : [`${number(moved)} `, element("small", { textContent: moved === 1 ? "input pixel" : "input pixels" })];
      },
    },
    { title: "Differs in", data: (i) => of("factors", i), cell: (i) => [of("factors", i).replaceAll("\n", ", ")] },
    { title: "Suite", data: (i) => of("suite", i), cell: (i) => [of("suite", i)] },
  ];
  const sortable = (value) => (typeof value === "number" ? value : value === null ? -1 : Infinity);

  function facts(details, of, more, known, i) {
    const list = element("dl", { className: "facts" });
    const add = (name, ...content) => {
      const kept = content.filter((part) => part !== "" && part !== null);
      if (kept.length) list.append(element("dt", { textContent: name }), element("dd", {}, ...kept));
    };
    for (const { name, title, kind } of details.facts) {
      const text = more(name, i).replace("□", name === "question" ? of("operation", i) : "□");
      add(title, kind === "link" && text ? element("a", { href: text, rel: "noreferrer", textContent: text }) : text);
    }
    add("Found", of("since", i));
    for (const [name, value] of more("figures", i)) add(name, value);
    const standings = known.get(of("convention", i));
    if (standings?.size > 1) {
      add("The same convention", [...standings].map(([name, { agree, differ }]) =>
        `${name}: ${differ ? `${differ} of ${agree + differ} differ${agree + differ === 1 ? "s" : ""}` : "agrees"}`).join("; "));
    }
    return list;
  }

  async function body(of, known, i) {
    const details = await halfpixel.unpack("details"), more = reader(details);
    const made = element("div", { className: "found" }, facts(details, of, more, known, i));
    const links = [[halfpixel.fragment("find", { row: idOf(of, i) }), "Link to this finding"]];
    if (more("card", i)) links.push([`#${more("card", i)}`, "Its defect"]);
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

  halfpixel.rows = { idOf, columnsOf, body };
}
