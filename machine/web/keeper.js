// A service worker for this folder alone: it gives a machine's worker what the page has kept and
// checked, so that it needs no network, and a policy, which a host of static files can't send.

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";

addEventListener("install", () => skipWaiting());
addEventListener("fetch", (event) => event.respondWith(answer(event.request)));

async function answer(request) {
  const kept = await caches.match(request, { ignoreSearch: true });
  if (!kept) {
    return fetch(request);
  }
  const headers = new Headers(kept.headers);
  headers.set("content-security-policy", POLICY);
  return new Response(kept.body, { headers });
}
