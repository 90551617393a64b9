"use strict";
// What the page can do beyond being read: calls, copying, finding, colours. It builds everything out of elements and texts, never out of
// markup, and keeps credentials in variables: nothing of them is stored or put into an address.
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const show = (element, shown = true) => { if (element) element.hidden = !shown; };

  /** An element with a class and children, which are elements or texts. */
  const make = (name, className, ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };

  root.classList.add("js");

  // Colours: those of the system until somebody wants others.
  const colours = one(".colours");
  const themes = ["system", "light", "dark"];
  colours.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
    if (next === "system") delete root.dataset.theme; else root.dataset.theme = next;
    colours.textContent = `Colours: ${next}`;
  });
  show(colours);

  // The contents: a menu on small screens, with the place that is being read, and a filter.
  const nav = one("#navigation");
  const menu = one(".menu");
  const open = (isOpen) => {
    nav.classList.toggle("open", isOpen);
    menu.setAttribute("aria-expanded", String(isOpen));
  };
  show(menu);
  menu.addEventListener("click", () => open(!nav.classList.contains("open")));
  nav.addEventListener("click", (event) => { if (event.target.closest("a")) open(false); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && nav.classList.contains("open")) { open(false); menu.focus(); }
  });

  const links = new Map(all("a", nav).map((link) => [link.getAttribute("href").slice(1), link]));
  if ("IntersectionObserver" in window) {
    const seen = new Set();
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) seen.add(entry.target); else seen.delete(entry.target);
      const first = [...links.keys()].find((id) => [...seen].some((element) => element.id === id));
      for (const [id, link] of links) {
        if (id === first) link.setAttribute("aria-current", "location"); else link.removeAttribute("aria-current");
      }
    }, { rootMargin: "-15% 0px -60% 0px" });
    for (const id of links.keys()) {
      const target = document.getElementById(id);
      if (target) observer.observe(target);
    }
  }

  const filter = one(".filter");
  const items = all("li[data-words]", nav);
  show(filter, items.length > 6);
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const item of items) {
      const text = item.dataset.words.toLowerCase();
      const fits = words.every((word) => text.includes(word));
      show(item, fits);
      found += fits;
    }
    show(one(".none", nav), found === 0);
  });

  // A link into something closed opens it; paper has everything.
  const reveal = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { /* It is no name. */ }
    for (let element = target; element; element = element.parentElement) {
      if (element.localName === "details") element.open = true;
    }
  };
  window.addEventListener("hashchange", reveal);
  reveal();
  window.addEventListener("beforeprint", () => all("details").forEach((details) => { details.open = true; }));

  // What can be scrolled can be reached by keys.
  const scrollable = (element) => {
    if (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1) {
      element.tabIndex = 0;
    }
  };
  all("pre, .description table").forEach(scrollable);
  document.addEventListener("toggle", (event) => { if (event.target.localName === "details") all("pre", event.target).forEach(scrollable); }, true);

  const copyButton = (text) => {
    const button = make("button", "copy", "Copy");
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text());
        button.textContent = "Copied";
      } catch {
        button.textContent = "Cannot copy";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    return button;
  };
  for (const figure of all("figure.code")) {
    one("figcaption", figure).append(copyButton(() => one("pre", figure).textContent));
  }

  // Where calls go: the server of this page, or the one its reader names.
  const chosen = one("#server");
  const base = () => {
    if (chosen) return chosen.value.trim().replace(/\/+$/, "");
    return new URL(".", location.href.split(/[?#]/)[0]).href.replace(/\/$/, "");
  };
  if (!chosen) { const place = one(".base"); if (place) place.textContent = base(); }
  show(one(".server"));

  /** A message to the reader about a field. */
  class Mistake extends Error {
    constructor(message, field) { super(message); this.field = field; }
  }

  // Credentials are shared by all forms of the page.
  const secrets = new Map();
  const partKey = (input) => `${input.closest(".scheme").dataset.scheme}\n${input.dataset.part}`;
  const secretInputs = all(".scheme input");
  for (const input of secretInputs) {
    input.value = "";
    input.addEventListener("input", () => {
      secrets.set(partKey(input), input.value);
      for (const other of secretInputs) if (other !== input && partKey(other) === partKey(input)) other.value = input.value;
    });
  }
  for (const button of all(".reveal")) {
    button.addEventListener("click", () => {
      const input = button.previousElementSibling;
      const isShown = input.type === "password";
      input.type = isShown ? "text" : "password";
      button.setAttribute("aria-pressed", String(isShown));
      button.textContent = isShown ? "Hide" : "Show";
    });
  }

  const base64 = (text) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));

  /** What a header can carry, as the field says it. */
  const headerText = (text, field) => {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new Mistake("This has a character that no header can carry.", field);
    return text;
  };

  const authenticate = (form, request) => {
    const select = one("select.credentials", form);
    for (const key of select ? JSON.parse(select.value) : []) {
      const scheme = all(".scheme", form).find((element) => element.dataset.scheme === key);
      const input = (part) => one(`[data-part="${part}"]`, scheme);
      const { kind, name } = scheme.dataset;
      if (kind === "other") continue;
      if (kind === "basic") {
        const user = input("user");
        if (!user.value) throw new Mistake("Enter a user name, or choose no credentials.", user);
        if (user.value.includes(":")) throw new Mistake("A user name has no colon.", user);
        request.headers.set("Authorization", `Basic ${base64(`${user.value}:${input("password").value}`)}`);
        continue;
      }
      const token = input("token");
      const value = headerText(token.value.trim(), token);
      if (!value) throw new Mistake("Enter a token, or choose no credentials.", token);
      if (kind === "bearer") request.headers.set("Authorization", `Bearer ${value}`);
      else if (kind === "header") request.headers.set(name, value);
      else request.query.push([name, value]);
    }
  };

  const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

  /** The pieces of a parameter: one text, a list of texts, or pairs. */
  const pieces = (field, input) => {
    const { kind } = field.dataset;
    if (kind === "array") return input.value.split(",").map((piece) => piece.trim()).filter(Boolean);
    if (kind !== "object") return input.value;
    try {
      return Object.entries(JSON.parse(input.value)).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
    } catch {
      throw new Mistake("This is not JSON.", input);
    }
  };

  const flat = (value) => (Array.isArray(value) ? value.flat() : [value]);
  const joined = (value, explode, outer, inner) => {
    if (!Array.isArray(value)) return encode(value);
    const one = (piece) => (Array.isArray(piece) ? piece.map(encode).join(explode ? "=" : ",") : encode(piece));
    return value.map(one).join(explode ? outer : inner);
  };

  const pathText = (name, value, style, explode) => {
    if (style === "label") return `.${joined(value, explode, ".", ",")}`;
    if (style !== "matrix") return joined(value, explode, ",", ",");
    const named = explode && Array.isArray(value);
    if (!named) return `;${encode(name)}=${joined(value, false, ",", ",")}`;
    return value.map((piece) => (Array.isArray(piece) ? `;${piece.map(encode).join("=")}` : `;${encode(name)}=${encode(piece)}`)).join("");
  };

  const queryPairs = (name, value, style, explode) => {
    if (!Array.isArray(value)) return [[name, value]];
    if (value.every(Array.isArray) && value.length) {
      if (style === "deepObject") return value.map(([key, piece]) => [`${name}[${key}]`, piece]);
      if (explode) return value;
    }
    if (explode && style === "form") return value.map((piece) => [name, piece]);
    const separator = { spaceDelimited: " ", pipeDelimited: "|" }[style] || ",";
    return [[name, flat(value).join(separator)]];
  };

  const parameters = (form, request) => {
    for (const field of all(".parameter", form)) {
      const input = one("input, select", field);
      const { name, style } = field.dataset;
      const explode = field.dataset.explode === "true";
      const place = field.dataset.in;
      if (!input.value && place === "path") throw new Mistake(`A value for ${name} is needed.`, input);
      if (!input.value && field.dataset.required !== "true") continue;
      const value = pieces(field, input);
      if (place === "path") {
        // A browser takes such a segment out of the address, however it is encoded.
        if (value === "." || value === "..") throw new Mistake("An address cannot carry this value.", input);
        request.path = request.path.split(`{${name}}`).join(pathText(name, value, style, explode));
      } else if (place === "query") {
        request.query.push(...queryPairs(name, value, style, explode));
      } else if (place === "header") {
        request.headers.set(name, headerText(flat(value).join(","), input));
      }
    }
  };

  const currentEditor = (form) => {
    const select = one("select.media", form);
    return all(".editor", form).find((editor) => !select || editor.dataset.media === select.value);
  };

  const body = (form, request) => {
    const editor = currentEditor(form);
    if (!editor) return;
    const { media, kind } = editor.dataset;
    if (kind === "form") {
      const isMultipart = media.startsWith("multipart/");
      const content = isMultipart ? new FormData() : new URLSearchParams();
      for (const part of all(".part", editor)) {
        const file = part.type === "file" && part.files[0];
        if (file || (part.type !== "file" && part.value)) content.append(part.dataset.name, file || part.value);
      }
      request.body = content;
      if (!isMultipart) request.headers.set("Content-Type", media);
      return;
    }
    const content = kind === "file" ? one("input", editor).files[0] : one("textarea", editor).value;
    if (!content) return;
    request.body = content;
    request.headers.set("Content-Type", media);
  };

  const requestOf = (form) => {
    const request = { method: form.dataset.method, path: form.dataset.path, query: [], headers: new Headers(), body: undefined };
    if (chosen && !/^https?:\/\/[^/]/i.test(base())) throw new Mistake("Enter the address of a server, with https:// or http://.", chosen);
    parameters(form, request);
    if (request.method !== "GET" && request.method !== "HEAD") body(form, request);
    authenticate(form, request);
    const query = request.query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
    request.url = `${base()}${request.path.split("#")[0]}${query && `?${query}`}`;
    return request;
  };

  /** A JSON value as coloured text, laid out as the examples are. */
  const coloured = (value, depth, into) => {
    const list = Array.isArray(value);
    if (value === null || typeof value !== "object") {
      into.append(make("span", typeof value === "string" ? "string" : "literal", JSON.stringify(value)));
      return;
    }
    const entries = list ? value.map((element) => [null, element]) : Object.entries(value);
    if (!entries.length) { into.append(list ? "[]" : "{}"); return; }
    into.append(list ? "[\n" : "{\n");
    entries.forEach(([key, member], index) => {
      into.append("  ".repeat(depth + 1));
      if (!list) into.append(make("span", "key", JSON.stringify(key)), ": ");
      coloured(member, depth + 1, into);
      into.append(index + 1 < entries.length ? ",\n" : "\n");
    });
    into.append(`${"  ".repeat(depth)}${list ? "]" : "}"}`);
  };

  const LARGEST = 200000;
  const figure = (label, text, isJson) => {
    const code = make("code");
    const shown = text.slice(0, LARGEST);
    let parsed;
    if (isJson && shown === text) { try { parsed = JSON.parse(text); } catch { /* It is shown as it is. */ } }
    // Numbers that JavaScript would round are better shown as they came.
    if (parsed !== undefined && !/\d{16}/.test(text)) coloured(parsed, 0, code); else code.append(shown);
    if (shown !== text) label += `, the first ${LARGEST} characters of ${text.length}`;
    const result = make("figure", "code", make("figcaption", "", label, copyButton(() => text)), make("pre", "", code));
    return result;
  };

  const statusClass = (status) => (status < 300 ? "good" : status < 400 ? "moved" : status < 500 ? "bad" : "broken");

  const report = async (form, response, took) => {
    const media = response.headers.get("content-type") || "";
    const blob = await response.blob();
    const article = form.closest("article");
    const family = `${String(response.status)[0]}XX`;
    const described = [String(response.status), family, "default"]
      .map((status) => all("details.response", article).find((details) => details.dataset.status.toUpperCase() === status.toUpperCase()))
      .find(Boolean);
    const what = described ? one(".what", described).textContent : response.statusText;
    const parts = [make("p", "result",
      make("strong", `status ${statusClass(response.status)}`, String(response.status)),
      make("span", "", what || ""),
      make("span", "took", `${took} ms, ${blob.size} bytes`))];
    const isText = /^text\/|json|xml|yaml|javascript|urlencoded/i.test(media) || !media;
    if (blob.size && isText) {
      parts.push(figure(media || "Body", await blob.text(), /json/i.test(media)));
    } else if (blob.size) {
      const link = make("a", "", `Save ${blob.size} bytes of ${media}`);
      link.href = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
      link.download = "answer";
      parts.push(make("p", "", link));
    } else {
      parts.push(make("p", "note", "No body."));
    }
    const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const isForeign = new URL(response.url || location.href).origin !== location.origin;
    const note = isForeign ? [make("p", "note", "A browser shows a page of another origin only some headers.")] : [];
    parts.push(make("details", "", make("summary", "", "Headers"), ...note, make("pre", "", lines || "None that a page may see.")));
    return parts;
  };

  const send = async (form, controls) => {
    const { button, cancel, error, answer } = controls;
    error.textContent = "";
    all("[aria-invalid]", form).forEach((field) => field.removeAttribute("aria-invalid"));
    let request;
    try {
      request = requestOf(form);
    } catch (mistake) {
      error.textContent = mistake instanceof Mistake ? mistake.message : `This cannot be sent: ${mistake.message}`;
      if (mistake.field) {
        mistake.field.setAttribute("aria-invalid", "true");
        mistake.field.focus();
      }
      return;
    }
    const stop = new AbortController();
    cancel.onclick = () => stop.abort();
    button.disabled = true;
    show(cancel);
    answer.setAttribute("aria-busy", "true");
    const started = performance.now();
    try {
      const response = await fetch(request.url, {
        method: request.method, headers: request.headers, body: request.body, signal: stop.signal,
        credentials: "omit", cache: "no-store", redirect: "manual", referrerPolicy: "no-referrer",
      });
      const took = Math.round(performance.now() - started);
      if (response.type === "opaqueredirect") throw new Error("the server leads elsewhere, and credentials are not carried there");
      answer.replaceChildren(...await report(form, response, took));
      all("pre", answer).forEach(scrollable);
    } catch (failure) {
      const reason = stop.signal.aborted ? "Cancelled." : failure instanceof TypeError
        ? `No answer from ${new URL(request.url, location.href).origin}. Either it cannot be reached, or the browser does not let this page call it (its origin, plain HTTP, or a certificate that is not trusted).`
        : `No answer: ${failure.message}.`;
      answer.replaceChildren(make("p", "error", reason));
    } finally {
      answer.removeAttribute("aria-busy");
      button.disabled = false;
      show(cancel, false);
    }
  };

  for (const form of all("form.try")) {
    const controls = { button: one(".send", form), cancel: one(".cancel", form), error: one(".error", form), answer: one(".answer", form) };
    const { button } = controls;
    const label = button.textContent;
    // What is deleted does not come back: it takes a second press.
    const calm = () => { button.classList.remove("sure"); button.textContent = label; };
    const select = one("select.credentials", form);
    const refresh = () => {
      const keys = select ? JSON.parse(select.value) : [];
      all(".scheme", form).forEach((scheme) => show(scheme, keys.includes(scheme.dataset.scheme)));
      show(one(".kept", form), keys.length > 0);
      all(".editor", form).forEach((editor) => show(editor, editor === currentEditor(form)));
    };
    form.addEventListener("change", refresh);
    form.addEventListener("input", calm);
    button.addEventListener("blur", calm);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.dataset.method === "DELETE" && !button.classList.contains("sure")) {
        button.classList.add("sure");
        button.textContent = "Really send DELETE?";
        button.focus();
        return;
      }
      calm();
      send(form, controls);
    });
    refresh();
    show(form);
  }
})();
