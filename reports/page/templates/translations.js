{
  const section = document.getElementById("instead");
  const at = (name) => document.getElementById(`instead-${name}`);
  const STEP = 6;
  const LAYOUT_OF = {
    "NCHW>NHWC": "x.transpose(0, 2, 3, 1)", "NCHW>HWC": "x[0].transpose(1, 2, 0)", "NCHW>HW": "x[0, 0]",
    "NHWC>NCHW": "x.transpose(0, 3, 1, 2)", "NHWC>HWC": "x[0]", "NHWC>HW": "x[0, ..., 0]",
    "HWC>NCHW": "np.atleast_3d(x).transpose(2, 0, 1)[None]", "HWC>NHWC": "np.atleast_3d(x)[None]",
    "HWC>HW": "np.atleast_3d(x)[..., 0]", "HW>NCHW": "x[None, None]", "HW>NHWC": "x[None, ..., None]",
  };

  const element = (tag, text, kind) => halfpixel.element(tag, {
    ...(text === undefined ? {} : { textContent: text }), ...(kind ? { className: kind } : {}),
  });

  function start(data) {
    const filled = (text, values) =>
      Object.entries(values).reduce((all, [name, value]) => all.split(`{${name}}`).join(value), text);
    // The records of the run: fields that are at their default are left out of them.
    const { snippets } = data;
    const byKey = new Map(data.calls.map((call) => [call.key, {
      framework: call.framework, expression: call.call, operation: call.operation, layout: call.layout,
      setup: snippets[call.setup] || "{call}", convention: call.convention || "", weights: snippets[call.weights] || "",
      isDefault: Boolean(call.is_default),
    }]));
    const byOperation = new Map([...byKey.values()].map((call) => [call.operation, call]));
    const program = (call) => filled(call.setup, { call: call.expression });
    const recipeOf = ({ kind, to, text, proved, of, values = [] }) => ({
      kind, base: byKey.get(to), text: filled(snippets[text] || "", { ...values }), proved, most: of,
    });
    const answerOf = (answer, pairs) => ({
      verdict: answer.verdict, to: byKey.get(answer.to) || null, pairs: answer.pairs ?? pairs ?? 0, of: answer.of || 0,
      grey: answer.grey_levels || 0, at: answer.at, where: answer.reason || answer.where || "",
      same: halfpixel.isInGroup(answer.verdict, "agree") && !answer.of && byKey.has(answer.to),
      needed: (answer.needed || []).map((name) => snippets[name]),
      parts: Object.entries(answer.parts || {}).map(([kind, key]) => [kind, byKey.get(key)]),
      recipes: (answer.recipes || []).map(recipeOf),
    });
    const rows = data.translations.flatMap(({ operation, documented, pairs, answers }) =>
      Object.entries(answers).map(([framework, answer]) => (
        { from: byOperation.get(operation), documented, framework, answer: answerOf(answer, pairs) })));

    // Weights of the convention, or measured ones after the program of the call; then their product in the target.
    function always({ from, answer }) {
      const product = snippets[`product ${answer.to.framework} ${answer.to.layout}`];
      return from.weights && product && (from.convention ? "" : program(from)) + from.weights + product;
    }

    const copier = () => halfpixel.element("button", { type: "button", className: "copy", textContent: "Copy", "data-copy": "" });

    function opened(title, make) {
      const details = element("details", undefined, "more");
      details.append(element("summary", title));
      details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(make()); });
      return details;
    }

    function byHand(row) {
      const { from, answer } = row;
      const cell = element("td", undefined, "text");
      for (const [kind, part] of answer.parts) {
        if (!part) continue;
        const line = element("p", `${kind}, the same function: `);
        line.append(element("code", part.expression));
        cell.append(line);
      }
      if (answer.same || !answer.to) return cell;
      for (const recipe of answer.recipes) {
        const where = recipe.proved === recipe.most ? "all" : recipe.proved;
        cell.append(opened(`${recipe.kind}: run and right at ${where} of ${recipe.most} sizes`, () =>
          halfpixel.copyable((recipe.base ? program(recipe.base) : "") + recipe.text, recipe.kind)));
      }
      for (const line of answer.needed) cell.append(element("p", `In words, not proved: ${line}.`, "small"));
      const text = always(row);
      if (text) cell.append(opened(from.convention ? "exact weights: right at every size" : "its measured weights: right at every size", () => halfpixel.copyable(text, "weights")));
      return cell;
    }

    function shown(row) {
      const { from, answer } = row;
      const line = element("tr");
      const head = element("th");
      head.scope = "row";
      head.append(element("small", from.framework + (row.documented ? ", as documented" : "")), element("code", from.expression));
      const write = element("td", undefined, "text");
      write.append(element("small", row.framework));
      if (answer.to) {
        const box = element("div", undefined, "write");
        const code = element("code", answer.to.expression);
        box.append(code, copier());
        const change = LAYOUT_OF[`${from.layout}>${answer.to.layout}`];
        write.append(box);
        if (change) write.append(element("small", `from ${from.layout} to ${answer.to.layout}: x = ${change}`));
        write.append(opened("as a program", () => halfpixel.copyable(program(answer.to), "program")));
      } else {
        write.append(element("span", answer.where || "nothing measured", "nothing"));
      }
      const verdict = element("td");
      verdict.append(halfpixel.verdictMark(answer.verdict, answer.same ? "the same" : answer.verdict));
      const places = answer.of ? `${answer.pairs} of ${answer.of} sizes` : answer.pairs ? `${answer.pairs} sizes` : "";
      if (places) verdict.append(element("small", places));
      if (answer.to && answer.where) verdict.append(element("small", answer.of ? answer.where : `differs ${answer.where}`));
      const worst = element("td", answer.grey ? String(answer.grey) : "", "num");
      if (answer.at) worst.append(element("small", `${answer.at[1]} → ${answer.at[2]}`));
      line.append(head, write, verdict, worst, byHand(row));
      return line;
    }

    const fields = { words: at("words"), from: at("from"), to: at("to"), verdict: at("verdict") };
    for (const name of [...new Set(rows.map((row) => row.from.framework))].sort()) fields.from.append(element("option", name));
    for (const name of [...new Set(rows.map((row) => row.framework))].sort()) fields.to.append(element("option", name));
    for (const name of halfpixel.verdictNames()) if (rows.some((row) => row.answer.verdict === name)) fields.verdict.append(element("option", name));
    for (const row of rows) {
      row.text = `${row.from.operation} ${row.from.expression} ${row.answer.to ? row.answer.to.expression : ""}`.toLowerCase();
    }
    // The usual questions first: into another framework, from a default, from a short call.
    rows.sort((a, b) => (a.from.framework === a.framework) - (b.from.framework === b.framework)
      || b.from.isDefault - a.from.isDefault
      || a.from.expression.length - b.from.expression.length || a.text.localeCompare(b.text));

    let found = [], count = 0;
    function more() {
      at("rows").append(...found.slice(count, count + STEP).map(shown));
      count = Math.min(found.length, count + STEP);
      at("more").hidden = count >= found.length;
      at("count").textContent = `${found.length} answer${found.length === 1 ? "" : "s"}${count < found.length ? `, the first ${count} shown` : ""}`;
    }
    const calls = [...byKey.values()].map(({ operation, framework, expression, convention }) => (
      { name: operation, framework, claim: convention, more: expression }));
    // A part of a call as it stands, or else the words that people write for one, or else a part of an answer.
    function matching(text) {
      const whole = text.toLowerCase().trim();
      const asWritten = ({ from }) => `${from.operation} ${from.expression}`.toLowerCase().includes(whole);
      if (rows.some(asWritten)) return rows.filter(asWritten);
      const names = halfpixel.names.search(text, calls);
      if (!names.length) return rows.filter((row) => row.text.includes(whole));
      const place = new Map(names.map((name, i) => [name, i]));
      return rows.filter(({ from }) => place.has(from.operation)).sort((a, b) => place.get(a.from.operation) - place.get(b.from.operation));
    }
    function search() {
      const wanted = fields.verdict.value;
      found = matching(fields.words.value).filter((row) => (!fields.from.value || row.from.framework === fields.from.value)
        && (!fields.to.value || row.framework === fields.to.value)
        && (!wanted || (wanted === "same" ? row.answer.same : wanted === "apart" ? row.answer.to && !row.answer.same
          : row.answer.verdict === wanted)));
      count = 0;
      at("rows").replaceChildren();
      more();
    }
    for (const field of Object.values(fields)) {
      field.addEventListener("input", () => {
        const asked = Object.entries(fields).map(([name, { value }]) => [name, value]).filter(([, value]) => value);
        halfpixel.go("instead", Object.fromEntries(asked), { replace: field === fields.words });
      });
    }
    at("more").addEventListener("click", more);
    at("search").hidden = false;
    return (params) => {
      for (const [name, field] of Object.entries(fields)) {
        if (field.value !== (params.get(name) || "")) field.value = params.get(name) || "";
      }
      search();
    };
  }

  let loading = null, shown = new URLSearchParams();
  async function view() {
    loading ??= halfpixel.unpack("instead").then(start);
    (await loading)(shown);
  }
  if (section) {
    halfpixel.when(section, view);
    halfpixel.route("instead", (params) => {
      shown = params;
      return view();
    });
  }
}
