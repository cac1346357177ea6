/// The page's script: follows links and filters without loading the page, fetches it again every other second while it is visible and not
/// paused, and changes what is different, node by node, so that what is ticked, opened, scrolled or typed stays.
enum StatsPageScript {
    static let source: HTML = """

        "use strict";
        const main = document.querySelector("main");
        const note = document.getElementById("note");
        const path = location.pathname.split(";")[0];

        // ---- What is shown: the address says it ----
        function address() { return path + location.search; }
        function isSame(old, next) {
          return old.nodeName === next.nodeName && old.id === next.id && old.dataset?.key === next.dataset?.key;
        }
        function change(old, next) {
          if (old.nodeType !== Node.ELEMENT_NODE) {
            if (old.data !== next.data) old.data = next.data;
            return;
          }
          for (const { name } of [...old.attributes]) if (name !== "open" && !next.hasAttribute(name)) old.removeAttribute(name);
          for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
          const keyed = new Map();
          for (const child of old.children) if (child.dataset?.key) keyed.set(child.dataset.key, child);
          let at = old.firstChild;
          for (const node of [...next.childNodes]) {
            const key = node.dataset?.key;
            const known = key ? keyed.get(key) : at && isSame(at, node) ? at : null;
            if (!known || known.nodeName !== node.nodeName) {
              old.insertBefore(node, at);
              continue;
            }
            keyed.delete(key);
            if (known === at) at = at.nextSibling;
            else old.insertBefore(known, at);
            change(known, node);
          }
          while (at) {
            const gone = at;
            at = at.nextSibling;
            gone.remove();
          }
        }
        function adopt(text) {
          // Without head and script, which the page's policy would complain of.
          const content = text.slice(text.indexOf('<p id="note"'), text.indexOf("</main>"));
          const fresh = new DOMParser().parseFromString(content, "text/html");
          const next = fresh.querySelector("main");
          const focused = document.activeElement;
          if (next) change(main, next);
          if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
          return fresh.getElementById("note")?.textContent ?? "";
        }
        async function load(place, options) {
          const response = await fetch(place, { cache: "no-store", signal: AbortSignal.timeout(10000), ...options });
          if (response.status === 401) location.reload();
          const text = await response.text();
          if (!response.ok) throw new Error(text);
          return text;
        }

        // ---- Refresh ----
        const status = document.getElementById("status");
        const live = document.createElement("span");
        live.id = "live";
        const pause = document.createElement("button");
        pause.type = "button";
        pause.id = "pause";
        status.append(live, pause);
        let isPaused = false;
        let timer = 0;
        let turn = 0;
        function show(text, kind) {
          live.textContent = text;
          live.className = kind;
        }
        function schedule(milliseconds) {
          clearTimeout(timer);
          timer = setTimeout(() => { if (!isPaused) refresh(); }, milliseconds);
        }
        async function refresh() {
          const mine = ++turn;
          const begun = performance.now();
          if (!document.hidden) {
            try {
              const text = await load(address());
              if (mine !== turn) return;
              adopt(text);
              show(isPaused ? "Paused" : "Live", isPaused ? "paused" : "");
            } catch {
              if (mine !== turn) return;
              show("No response: what you see is old", "stale");
            }
          }
          schedule(Math.max(2000, 10 * (performance.now() - begun)));
        }
        function setPaused(value) {
          isPaused = value;
          pause.textContent = isPaused ? "Resume" : "Pause";
          pause.title = isPaused ? "Refresh the page every 2 seconds again" : "Stop refreshing the page";
          show(isPaused ? "Paused" : "Live", isPaused ? "paused" : "");
          if (isPaused) clearTimeout(timer); else schedule(0);
        }
        pause.addEventListener("click", () => setPaused(!isPaused));

        // ---- Links and filters change the address ----
        function go(query, hash) {
          history.pushState(null, "", path + (query === "?" ? "" : query) + hash);
          return refresh();
        }
        document.addEventListener("click", async (event) => {
          const link = event.target.closest("a.view");
          if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
          const href = link.getAttribute("href");
          if (href.startsWith("#")) return;
          event.preventDefault();
          const [query, section] = href.split("#");
          const hash = link.matches(".sort") ? "" : section;
          await go(query, hash ? "#" + hash : "");
          for (const field of document.querySelectorAll("form.filters")) field.reset();
          if (hash) document.getElementById(hash)?.scrollIntoView({ block: "nearest" });
        });
        addEventListener("popstate", async () => {
          await refresh();
          for (const field of document.querySelectorAll("form.filters")) field.reset();
        });
        function filter(form) {
          const fields = new URLSearchParams();
          for (const [name, value] of new FormData(form)) if (value !== "") fields.append(name, value);
          history.replaceState(null, "", path + (fields.size ? "?" + fields : "") + location.hash);
          refresh();
        }
        let typing = 0;
        document.addEventListener("input", (event) => {
          const form = event.target.closest("form.filters");
          if (!form) return;
          clearTimeout(typing);
          typing = setTimeout(() => filter(form), 200);
        });

        // ---- Forms ----
        let fading;
        function say(text) {
          note.textContent = text;
          clearTimeout(fading);
          fading = setTimeout(() => { note.textContent = ""; }, 8000);
        }
        document.addEventListener("submit", async (event) => {
          const form = event.target;
          if (form.matches("form.filters")) {
            event.preventDefault();
            filter(form);
          }
          if (!form.matches("form.change")) return;
          event.preventDefault();
          const body = new URLSearchParams(new FormData(form));
          body.set("action", event.submitter.value);
          try {
            const text = await load(form.getAttribute("action"), { method: "POST", body });
            ++turn;
            form.reset();
            say(adopt(text));
            schedule(2000);
          } catch (error) {
            say(error.message);
          }
        });

        // ---- The figures of a chart, minute by minute ----
        const tip = document.createElement("div");
        tip.id = "tip";
        tip.hidden = true;
        document.body.append(tip);
        document.addEventListener("pointermove", (event) => {
          const chart = event.target.closest?.("svg[data-values]");
          tip.hidden = !chart;
          if (!chart) return;
          const box = chart.getBoundingClientRect();
          const values = chart.dataset.values.split(",");
          const place = Math.min(values.length - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * values.length)));
          const ago = values.length - 1 - place;
          const figure = values[place] === "" ? "no data" : chart.dataset.label.replace("$", values[place]);
          tip.textContent = (ago === 0 ? "this minute: " : ago + " min ago: ") + figure;
          const half = tip.offsetWidth / 2;
          tip.style.left = Math.max(4, Math.min(innerWidth - 2 * half - 4, event.clientX - half)) + "px";
          tip.style.top = box.top - tip.offsetHeight - 6 + "px";
        });

        if (note.textContent) say(note.textContent);
        document.documentElement.classList.add("scripted");
        setPaused(false);

        """
}
