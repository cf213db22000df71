{
  // The dark palette is a media rule of the style sheet; the switch puts another condition to it.
  const root = document.documentElement;
  const rule = [...document.styleSheets[0].cssRules].find((each) => each.media?.mediaText.includes("prefers-color-scheme"));
  const bySystem = rule.media.mediaText;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const choice = document.getElementById("colours");

  function apply() {
    const dark = choice.value ? choice.value === "dark" : system.matches;
    rule.media.mediaText = { dark: "screen", light: "not all" }[choice.value] || bySystem;
    root.style.colorScheme = choice.value;
    root.classList.toggle("dark", dark);
    dispatchEvent(new Event("colours"));
  }
  choice.addEventListener("change", apply);
  system.addEventListener("change", apply);
  root.classList.add("scripted");
  apply();
}
