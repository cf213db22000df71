{
  // What is asked of the findings, and which of them answer.
  const { isInGroup } = halfpixel;
  const WHEN = { up: (d) => d & 1, down: (d) => d & 2, same: (d) => d & 4, "only-up": (d) => d === 1, "only-down": (d) => d === 2 };

  // Columns of places in one list of texts, and columns of numbers, behind one way to read them.
  function reader({ texts, text, plain }) {
    const of = (name, i) => (name in text ? texts[text[name][i]] : plain[name][i]);
    of.texts = (name) => [...new Set(text[name])].map((place) => texts[place]).filter(Boolean);
    of.count = Object.values(text)[0].length;
    return of;
  }

  // By convention, by framework: how many operations agree with it, and how many do not.
  function standings(of) {
    const found = new Map();
    for (let i = 0; i < of.count; i++) {
      const convention = of("convention", i), verdict = of("verdict", i), framework = of("framework", i);
      if (!convention || isInGroup(verdict, "unmeasured")) continue;
      if (!found.has(convention)) found.set(convention, new Map());
      const those = found.get(convention);
      if (!those.has(framework)) those.set(framework, { agree: 0, differ: 0 });
      those.get(framework)[isInGroup(verdict, "agree") ? "agree" : "differ"] += 1;
    }
    return found;
  }

  // What a question about conventions leaves of them, for an operation of `framework` that differs.
  function conventionTest(params, known) {
    const only = params.get("only"), agrees = params.get("agrees"), differs = params.get("differs");
    if (!only && !agrees && !differs) return null;
    return (convention, framework) => {
      const those = known.get(convention);
      if (!those) return false;
      const others = [...those].filter(([name]) => name !== framework);
      if (only && (framework !== only || !others.length || others.some(([, count]) => count.differ))) return false;
      if (differs && framework !== differs) return false;
      const good = others.filter(([, count]) => count.agree && !count.differ).map(([name]) => name);
      return only || (agrees ? good.includes(agrees) : good.length > 0);
    };
  }

  function predicate(params, of, known, words) {
    const tests = [];
    for (const name of ["framework", "suite", "kernel", "mode", "variant", "since", "defect"]) {
      const value = params.get(name);
      if (value) tests.push((i) => of(name, i) === value);
    }
    const verdict = params.get("verdict"), factor = params.get("factor"), when = WHEN[params.get("when")];
    if (verdict) tests.push((i) => of("verdict", i) === verdict || isInGroup(of("verdict", i), verdict));
    if (factor) tests.push((i) => of("factors", i).split("\n").includes(factor));
    if (when) tests.push((i) => when(of("direction", i)));
    const conventions = conventionTest(params, known);
    if (conventions) {
      tests.push((i) => isInGroup(of("verdict", i), "disagrees") && conventions(of("convention", i), of("framework", i)));
    }
    const parts = (params.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
    if (parts.length) tests.push((i) => parts.every((part) => words(i).includes(part)));
    return (i) => tests.every((test) => test(i));
  }

  function searchable(of) {
    const known = [];
    const names = ["operation", "variant", "framework", "suite", "verdict", "factors", "answer", "convention", "kernel", "mode", "since", "ledger", "defect", "reason", "link", "source"];
    return (i) => (known[i] ??= names.map((name) => of(name, i)).join(" ").toLowerCase());
  }

  halfpixel.questions = { reader, standings, predicate, searchable };
}
