// Tells this site which of its pages are looked at, and for how long. Nothing says by whom.
((w, d, l, h) => {
  const script = d.currentScript, early = []
  let url, since = 0, seen = 0

  const address = () => script.dataset.url || l.href.split("#")[0]
  const tell = (kind, more) => {
    try {
      const words = [...crypto.getRandomValues(new Uint32Array(2))]
      const id = words.map(word => (word + 2 ** 32).toString(16).slice(1)).join("")
      const body = JSON.stringify({id, kind, url, service: script.dataset.service, ...more})
      navigator.sendBeacon
        ? navigator.sendBeacon("/c/e", body)
        : fetch("/c/e", {method: "POST", body, keepalive: true}).catch(() => 0)
    } catch {}
  }
  const pause = () => {
    if (since) seen += performance.now() - since
    since = 0
    const seconds = Math.round(seen / 1e3)
    if (seconds) tell("time", {seconds}), seen = 0
  }
  const resume = () => since = d.hidden ? 0 : performance.now()
  const view = (referrer, kind = "view") => {
    pause()
    seen = 0
    url = address()
    kind && tell(kind, {referrer})
    resume()
  }
  const moved = () => url && url != address() && view(url)

  // Not before the page, and on it the notice, is painted; a page nobody sees has no frames.
  const begin = (frames = 60) => requestAnimationFrame(() => {
    if (frames && !performance.getEntriesByName("first-contentful-paint")[0])
      return begin(frames - 1)
    view(d.referrer, script.dataset.first)
    early.map(w.clearline)
  })
  d.prerendering ? d.addEventListener("prerenderingchange", () => begin()) : begin()

  d.addEventListener("visibilitychange", () => url && (d.hidden ? pause() : resume()))
  w.addEventListener("pagehide", pause)
  // Before an answer to the question about cookies: what came earlier is told without a number.
  d.addEventListener("submit", pause)
  w.addEventListener("pageshow", event => event.persisted && url && view(url))
  w.addEventListener("popstate", moved)
  const push = h.pushState
  h.pushState = function () {
    push.apply(h, arguments)
    moved()
  }

  w.clearline = name => url ? tell("custom", {name}) : early.push(name)
  d.addEventListener("click", event => {
    const told = event.target.closest?.("[data-event]")
    told && w.clearline(told.dataset.event)
  })
})(window, document, location, history)
