// Turnstile's script, explicit and implicit rendering, as far as pages use them. HOST and FRAME are filled in.
(() => {
  const origin = 'https://HOST', widgets = new Map()
  let made = 0
  const known = id => {
    const all = [...widgets.values()]
    return widgets.get(id) ?? all.find(widget => widget.place === id || widget.selector === id) ?? all[0]
  }
  const load = widget => {
    widget.token = undefined
    widget.frame?.remove()
    const frame = document.createElement('iframe')
    frame.title = 'Widget containing a Cloudflare security challenge'
    frame.style.cssText = 'border:0;width:300px;height:65px'
    frame.src = origin + 'FRAME?' + new URLSearchParams({ sitekey: widget.options.sitekey, id: widget.id })
    widget.frame = frame
    widget.place.append(frame)
  }
  addEventListener('message', event => {
    if (event.origin !== origin) return
    const widget = widgets.get(event.data.id)
    if (!widget || event.source !== widget.frame?.contentWindow) return
    if (event.data.error) return widget.options['error-callback']?.(event.data.error)
    widget.token = event.data.token
    widget.options.callback?.(event.data.token)
  })
  window.turnstile = {
    ready: callback => callback(),
    render(place, options) {
      const element = typeof place === 'string' ? document.querySelector(place) : place
      if (!element) throw new Error('[Cloudflare Turnstile] Unable to find a container')
      if (typeof options?.sitekey !== 'string') throw new Error('[Cloudflare Turnstile] Invalid or missing sitekey')
      const widget = { id: `cf-chl-widget-${++made}`, place: element, selector: place, options }
      widgets.set(widget.id, widget)
      if (options.execution !== 'execute') load(widget)
      return widget.id
    },
    execute(id) { load(known(id)) },
    reset(id) { const widget = known(id); if (widget) load(widget) },
    remove(id) { const widget = known(id); widget?.frame?.remove(); widgets.delete(widget?.id) },
    getResponse(id) { return known(id)?.token },
    isExpired() { return false },
  }
  const query = new URL(document.currentScript.src).searchParams
  if (query.get('render') !== 'explicit') {
    const implicit = () => document.querySelectorAll('.cf-turnstile').forEach(element =>
      turnstile.render(element, { sitekey: element.dataset.sitekey, callback: window[element.dataset.callback] }))
    document.readyState === 'loading' ? addEventListener('DOMContentLoaded', implicit) : implicit()
  }
  const onload = query.get('onload')
  if (onload) window[onload]?.()
})()
