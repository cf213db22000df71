{
  const { element, verdictNames } = halfpixel;
  const { reader, standings, predicate, searchable } = halfpixel.questions;
  const { idOf, columnsOf, body } = halfpixel.rows;
  const section = document.getElementById("find");
  const form = section.querySelector("form");
  const trouble = document.getElementById("find-trouble");
  const ROWS = 12;

  let wanted = new URLSearchParams();
  let loading = null;

  function fillSelects(of) {
    const natural = new Intl.Collator("en", { numeric: true }).compare;
    const options = (name, values, first = "any") =>
      form.elements[name].append(new Option(first, ""), ...values.map((value) => (value instanceof Node ? value : new Option(value))));
    const present = (name) => of.texts(name).sort(natural);
    for (const name of ["framework", "suite", "kernel", "mode", "since", "defect"]) options(name, present(name));
    const verdicts = of.texts("verdict");
    options("verdict", [
      new Option("does not agree", "disagrees"), new Option("agrees, exactly or not", "agree"), new Option("not measured", "unmeasured"),
      ...verdictNames().filter((name) => verdicts.includes(name)),
    ]);
    const bySuite = new Map();
    for (let i = 0; i < of.count; i++) {
      const variant = of("variant", i), suite = of("suite", i);
      if (variant) bySuite.set(suite, (bySuite.get(suite) || new Set()).add(variant));
    }
    options("variant", [...bySuite].sort().map(([label, variants]) =>
      element("optgroup", { label }, ...[...variants].sort(natural).map((value) => new Option(value)))));
    options("factor", [...new Set(of.texts("factors").flatMap((text) => text.split("\n")))].sort(natural));
    const documented = new Set();
    for (let i = 0; i < of.count; i++) if (of("convention", i)) documented.add(of("framework", i));
    for (const name of ["only", "agrees", "differs"]) options(name, [...documented].sort(natural), "–");
  }

  async function start() {
    const [findings] = await Promise.all([halfpixel.unpack("findings"), halfpixel.library("datatables")]);
    const of = reader(findings), known = standings(of), words = searchable(of), columns = columnsOf(of);
    fillSelects(of);
    form.hidden = false;
    let passes = () => true, filtered = "";
    const table = new DataTable("#find-table", {
      data: Array.from({ length: of.count }, (_, i) => ({ i })),
      columns: [
        { data: "i", visible: false, searchable: false, type: "num" },
        ...columns.map(({ title, className = "", type = "string", data, cell }) => ({
          title, className, searchable: false, type,
          data: ({ i }, use) => (use === "display" ? "" : data(i)),
          createdCell: (td, _, { i }) => td.append(...cell(i)),
        })),
      ],
      order: [[0, "asc"]], orderMulti: false, autoWidth: false, deferRender: true, pageLength: ROWS, lengthChange: false,
      layout: { topStart: "info", topEnd: null, bottomStart: null, bottomEnd: "paging" },
      language: {
        info: "_START_ to _END_ of _TOTAL_ findings", infoEmpty: "No findings", infoFiltered: "(_MAX_ in all)",
        emptyTable: "No findings.", zeroRecords: "Nothing answers to this. Take a filter away, or start over.",
        aria: { paginate: { first: "First page", previous: "Previous page", next: "Next page", last: "Last page" } },
      },
    });
    table.search.fixed("asked", (_, { i }) => passes(i));

    async function open(row) {
      if (row.child.isShown()) return;
      row.child(await body(of, known, row.data().i), "opened").show();
      row.node().querySelector("button.opener").setAttribute("aria-expanded", "true");
    }
    table.on("click", "button.opener", async (event) => {
      const row = table.row(event.target.closest("tr"));
      if (row.child.isShown()) {
        row.child.remove();
        event.target.setAttribute("aria-expanded", "false");
      } else await open(row);
      go({ row: row.child.isShown() ? idOf(of, row.data().i) : "" }, true);
    });

    // The state of the view is that of the fragment, and nowhere else.
    function go(changes, replace) {
      const params = Object.fromEntries([...new FormData(form), ["by", wanted.get("by")], ["page", wanted.get("page")], ["row", wanted.get("row")]]);
      Object.assign(params, changes);
      for (const [name, value] of Object.entries(params)) if (!value) delete params[name];
      halfpixel.go("find", params, { replace });
    }
    form.addEventListener("change", ({ target }) => { if (target.name !== "q") go({ page: "", row: "" }); });
    form.addEventListener("submit", (event) => event.preventDefault());
    let pause;
    form.elements.q.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(() => go({ page: "", row: "" }, true), 120);
    });
    let following = false;
    table.on("order", () => {
      if (following) return;
      const [[column, direction] = []] = table.order();
      go({ by: column ? `${columns[column - 1].title.toLowerCase()} ${direction}` : "", page: "" });
    });
    table.on("page", () => { if (!following) go({ page: String(table.page() + 1), row: "" }); });

    function orderOf(text) {
      const found = /^(.*) (asc|desc)$/.exec(text || "");
      const column = found ? columns.findIndex(({ title }) => title.toLowerCase() === found[1]) : -1;
      return column < 0 ? [0, "asc"] : [column + 1, found[2]];
    }

    async function show(params) {
      following = true;
      for (const field of form.elements) {
        if (!field.name) continue;
        if (field.value !== (params.get(field.name) || "")) field.value = params.get(field.name) || "";
      }
      if (["kernel", "mode", "when", "variant", "factor", "since", "defect", "only", "agrees", "differs"].some((name) => params.get(name))) {
        form.querySelector("details").open = true;
      }
      const { page, row, ...rest } = Object.fromEntries(params);
      if (JSON.stringify(rest) !== filtered) {
        filtered = JSON.stringify(rest);
        passes = predicate(params, of, known, words);
        table.order(orderOf(params.get("by"))).draw();
      }
      const at = row && table.rows({ search: "applied", order: "applied" }).data().toArray().findIndex(({ i }) => idOf(of, i) === row);
      const number = row && at >= 0 ? Math.floor(at / ROWS) : (page || 1) - 1;
      if (number !== table.page() && number < table.page.info().pages) table.page(number).draw("page");
      following = false;
      if (row && at >= 0) {
        const opened = table.row((_, { i }) => idOf(of, i) === row);
        if (opened.child.isShown()) return null;
        await open(opened);
        return opened.node().querySelector("button.opener");
      }
      return null;
    }
    return show;
  }

  async function view() {
    loading ??= start();
    try {
      return await (await loading)(wanted);
    } catch (error) {
      trouble.textContent = error.message;
      throw error;
    }
  }

  halfpixel.route("find", (params) => {
    wanted = params;
    return view();
  });
  halfpixel.when(section, view);
  addEventListener("hashchange", () => {
    if (location.hash || !loading) return;
    wanted = new URLSearchParams();
    view();
  });
}
