// What the pages do better with a script: nothing here is needed to get an answer.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.replace("no-js", "js");

  // The answer comes at once, and what takes longer follows by itself.
  const later = () => {
    for (const form of document.querySelectorAll('form[method="post"]')) {
      if (!form.elements.later) {
        const field = Object.assign(document.createElement("input"), { type: "hidden", name: "later", value: "1" });
        form.append(field);
      }
    }
  };

  const sliders = (within) => {
    for (const row of within.querySelectorAll("[data-slider]:not([data-ready])")) {
      row.dataset.ready = "";
      const field = row.querySelector("input");
      const range = Object.assign(document.createElement("input"), {
        type: "range", min: 0, max: row.dataset.top, step: "any", value: field.value, className: "cl-range",
      });
      const digits = (Number(row.dataset.step).toString().split(".")[1] || "").length;
      range.setAttribute("aria-label", document.querySelector(`label[for="${field.id}"]`).textContent.trim());
      const marks = row.dataset.marks.split(" ").filter(Boolean);
      if (marks.length) {
        const list = document.createElement("datalist");
        list.id = `${field.id}-marks`;
        for (const mark of marks) list.append(Object.assign(document.createElement("option"), { value: mark }));
        row.append(list);
        range.setAttribute("list", list.id);
      }
      range.addEventListener("input", () => { field.value = Number(range.value).toFixed(digits); });
      field.addEventListener("input", () => { range.value = field.value; });
      row.prepend(range);
    }
  };

  const copy = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      document.execCommand("copy");
    }
    const words = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = words; }, 2000);
  };

  // The chart that answers to pointing needs scripts of a size that is fetched only when somebody asks for it.
  const script = (name) => new Promise((resolve, reject) => {
    if (document.querySelector(`script[src$="/${name}.js"]`)) return resolve();
    const made = Object.assign(document.createElement("script"), {
      src: `/static/vendor/${name}.js`, onload: resolve, onerror: reject,
    });
    document.head.append(made);
  });

  const enliven = async (button) => {
    const place = document.getElementById(button.dataset.live);
    button.disabled = true;
    for (const name of ["vega", "vega-lite", "vega-embed", "vega-interpreter"]) await script(name);
    await vegaEmbed(place, JSON.parse(place.dataset.spec), {
      ast: true, expr: vega.expressionInterpreter, actions: false, renderer: "svg", defaultStyle: false,
      tooltip: { disableDefaultStyle: true }, config: { aria: false },
    });
    // The place itself says in a sentence what the chart shows; its single marks have no names to read out.
    place.querySelector("svg").setAttribute("aria-hidden", "true");
    place.hidden = false;
    for (const picture of place.parentElement.querySelectorAll("img")) picture.remove();
    button.parentElement.remove();
    place.focus();
  };

  document.addEventListener("click", (event) => {
    const live = event.target.closest("[data-live]");
    if (live) enliven(live);
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    const why = event.target.closest(".cl-why[aria-expanded='true']");
    if (why) {
      event.preventDefault();
      event.stopImmediatePropagation();
      why.setAttribute("aria-expanded", "false");
      why.parentElement.querySelector('.cl-trace__tree').replaceChildren();
    }
  }, true);

  document.addEventListener("htmx:afterSwap", (event) => {
    const tree = event.detail.target;
    if (tree.classList.contains("cl-trace__tree")) tree.parentElement.querySelector('.cl-why').setAttribute("aria-expanded", "true");
    sliders(document);
  });

  // The library notes the address it is at; nothing needs to be kept in a browser.
  for (const when of ["htmx:load", "htmx:afterSettle"]) document.addEventListener(when, () => sessionStorage.clear());

  document.addEventListener("DOMContentLoaded", () => {
    later();
    sliders(document);
    const summary = document.querySelector("main .nhsuk-error-summary");
    if (summary) summary.focus();
  });
})();
