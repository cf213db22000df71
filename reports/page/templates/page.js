"use strict";
const halfpixel = (() => {
  const NEAR = 300;  // pixels
  const HELD = 6000;  // milliseconds
  const values = new Map(), libraries = new Map(), routes = new Map();

  function once(known, name, make) {
    if (!known.has(name)) known.set(name, make());
    return known.get(name);
  }

  // The value that the page carries as base64 of gzipped JSON.
  const unpack = (name) => once(values, name, async () => {
    if (typeof DecompressionStream === "undefined") {
      throw new Error("This browser is too old to unpack this part of the page: it has no DecompressionStream.");
    }
    const bytes = Uint8Array.from(atob(document.getElementById(`packed-${name}`).textContent), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  });

  // The policy of the page lists the scripts that may be added to it; the page's own style has the last word.
  const library = (name) => once(libraries, name, async () => {
    const { script, style } = await unpack(name);
    if (style) document.head.prepend(element("style", { textContent: style }));
    document.head.append(element("script", { textContent: script }));
  });

  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in made) made[name] = value;
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  // The verdicts, their signs and their groups come from the page's vocabulary, in its order.
  const verdictOf = (name) => halfpixel.vocabulary.verdicts.find((verdict) => verdict.name === name);
  const isInGroup = (name, group) => verdictOf(name)?.group === group;
  const verdictNames = (group) => halfpixel.vocabulary.verdicts.filter((verdict) => !group || verdict.group === group).map(({ name }) => name);
  const verdictMark = (name, text = name) => element("span", { className: `v v-${name.replace(" ", "-")}` },
    element("span", { "aria-hidden": "true", textContent: `${verdictOf(name)?.sign || ""} ` }), text);

  // A number for people, with as many significant digits; what is no number is text already.
  const number = (value, digits = 3) => {
    if (typeof value !== "number") return value;
    if (Number.isNaN(value)) return "none";
    if (!Number.isFinite(value)) return "∞";
    return Number(value.toPrecision(digits)).toString().replace("-", "−");
  };

  // One listener serves every button that copies the text beside it, those that come later too.
  addEventListener("click", async ({ target }) => {
    const button = target.closest?.("button[data-copy]");
    if (!button) return;
    const code = button.parentElement.querySelector("pre, code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected: press Ctrl+C";
    }
  });

  function copyable(text, label) {
    const code = element("pre", { tabIndex: 0, textContent: text, role: "region", "aria-label": label });
    const button = element("button", { type: "button", className: "copy", textContent: "Copy", "data-copy": "" });
    return element("div", { className: "code" }, code, button);
  }

  // What the fragment asks for is shown first, and may push what comes after it out of sight.
  let shown = Promise.resolve();
  const begin = (start) => { shown = Promise.resolve(start()).catch(console.error); };

  function when(target, start) {
    const near = () => target.getBoundingClientRect().top < innerHeight + NEAR && target.getBoundingClientRect().bottom > -NEAR;
    let started = false;
    const watch = new IntersectionObserver(async () => {
      await shown;
      if (started || !near()) return;
      started = true;
      watch.disconnect();
      begin(start);
    }, { rootMargin: `${NEAR}px` });
    watch.observe(target);
  }

  function fragment(name, params = {}) {
    const query = new URLSearchParams(params).toString();
    return `#${name}${query && "?"}${query}`;
  }

  function go(name, params, { replace = false } = {}) {
    const target = fragment(name, params);
    if (target === location.hash) return;
    if (!replace) location.hash = target;
    else {
      history.replaceState(null, "", target);
      follow(false);
    }
  }

  // Whoever changes a filter stays where they are; whoever follows a link is taken there.
  function bringIntoView(section, isNew) {
    const { top, bottom } = section.getBoundingClientRect();
    if (isNew || top > innerHeight / 2 || bottom < 0) section.scrollIntoView();
  }

  // What unfolds above moves what a link led to: it is brought back until the reader does something.
  function hold(place) {
    const back = () => place.scrollIntoView({ block: "start" });
    const watch = new ResizeObserver(back);
    const stop = () => {
      watch.disconnect();
      for (const name of ["wheel", "touchstart", "pointerdown", "keydown"]) removeEventListener(name, stop);
    };
    for (const name of ["wheel", "touchstart", "pointerdown", "keydown"]) addEventListener(name, stop, { passive: true });
    watch.observe(document.body);
    setTimeout(stop, HELD);
    back();
  }

  function follow(isNew) {
    const [, name, query = ""] = location.hash.match(/^#([^?]*)\??(.*)$/s) || [];
    if (!routes.has(name)) return;
    const section = document.getElementById(name);
    bringIntoView(section, isNew);
    begin(async () => {
      const place = await routes.get(name)(new URLSearchParams(query));
      if (place instanceof Element) {
        place.focus({ preventScroll: true });
        hold(place);
      } else bringIntoView(section, isNew); // What was shown may have made a short page long enough for it.
    });
  }

  function route(name, show) {
    routes.set(name, show);
    if (location.hash.startsWith(`#${name}`)) follow(true);
  }

  addEventListener("hashchange", () => follow(false));
  const isDark = () => document.documentElement.classList.contains("dark");

  return {
    unpack, library, element, copyable, hold, isDark, when, fragment, go, route, routes,
    isInGroup, verdictNames, verdictMark, number,
  };
})();
