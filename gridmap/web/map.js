/* Draws a plan on a Leaflet map. Names of places come from files of users: they are only ever set as text. */
"use strict";

const NEAR = 100; /* pixels from the edge at which a note no longer fits beside the pointer */
const NEAR_ZOOM = 13; /* from here on buildings and thin lines can be told apart */
const FEW = 40; /* communities whose names stand beside those of the towns */

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

function drawPlan(map, data) {
  const words = data.words;
  const grids = new Map();
  const told = document.getElementById("told");
  let chosen = null;

  function pane(name, level) {
    const made = map.createPane(name);
    made.style.zIndex = level;
    made.style.pointerEvents = "none";
    return name;
  }

  function lines() {
    const below = pane("lines", 410);
    const above = pane("communities", 420);
    for (const { kind, geometry } of data.lines) {
      const where = kind === "community" || kind === "coast" ? above : below;
      L.geoJSON(geometry, { pane: where, interactive: false, style: { className: "line line-" + kind } }).addTo(map);
    }
  }

  function tip(grid) {
    const box = document.createElement("div");
    const add = (tag, text) => box.appendChild(document.createElement(tag)).append(text);
    add("b", grid.label);
    add("span", fill(words.tip_code, grid));
    add("span", fill(words.tip_place, { ...grid, class: words.classes[grid.class] || grid.class }));
    const count = grid.households.toLocaleString("en-US");
    const sentence = grid.status === "empty" ? words.tip_empty : words.tip_count;
    add("span", fill(sentence, { ...grid, households: count, status: words.statuses[grid.status] }));
    if (data.reasons[grid.code]) add("span", data.reasons[grid.code]);
    return box;
  }

  /* Move the map by as much as the note reaches over its edge. */
  function bringInside(note) {
    if (!note) return;
    const [inner, outer] = [note.getBoundingClientRect(), map.getContainer().getBoundingClientRect()];
    const over = (low, high, from, to) => (low < from + 8 ? low - from - 8 : Math.max(0, high - to + 8));
    const x = over(inner.left, inner.right, outer.left, outer.right);
    const y = over(inner.top, inner.bottom, outer.top, outer.bottom);
    if (x || y) map.panBy([x, y], { animate: false });
  }

  /* Beside the pointer; below or above it where the map ends. */
  function lean(event) {
    if (chosen && chosen !== event.target) chosen.closeTooltip();
    const y = event.containerPoint.y;
    const direction = y < NEAR ? "bottom" : y > map.getSize().y - NEAR ? "top" : "auto";
    event.target.getTooltip().options.direction = direction;
  }

  function choose(code, zoom) {
    const layer = grids.get(code);
    if (!layer) return;
    if (chosen) {
      chosen.closeTooltip();
      chosen.getElement().classList.remove("chosen");
    }
    chosen = layer;
    layer.bringToFront();
    layer.getElement().classList.add("chosen");
    if (zoom) map.fitBounds(layer.getBounds(), { maxZoom: 17, padding: [60, 60], animate: false });
    const at = layer.feature.properties.at;
    const low = map.latLngToContainerPoint([at[1], at[0]]).y > map.getSize().y / 2;
    layer.getTooltip().options.direction = low ? "top" : "bottom";
    layer.openTooltip([at[1], at[0]]);
    bringInside(layer.getTooltip().getElement());
    told.textContent = layer.getTooltip().getElement() ? layer.getTooltip().getElement().innerText : "";
    for (const button of document.querySelectorAll(".problems button")) {
      button.setAttribute("aria-current", String(button.dataset.code === code));
    }
    remember();
  }

  function gridLayer() {
    return L.geoJSON(data.grids, {
      style: (feature) => ({ className: "grid grid-" + feature.properties.status, fillOpacity: 1 }),
      onEachFeature: (feature, shape) => {
        grids.set(feature.properties.code, shape);
        shape.on("mouseover", lean);
        shape.bindTooltip(() => tip(feature.properties), { sticky: true, className: "tip", opacity: 1 });
        shape.on("click", () => choose(feature.properties.code, true));
      },
    });
  }

  function drawGrids(layer) {
    layer.addTo(map).eachLayer((shape) => {
      shape.getElement().setAttribute("tabindex", "-1"); /* hundreds of stops would bar the way to the list */
      if (shape.feature.properties.status !== "ok") shape.bringToFront();
    });
  }

  function points() {
    const renderer = L.canvas({ pane: pane("points", 430), padding: 0.2 });
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--building").trim();
    const style = { renderer, interactive: false, stroke: false, fillOpacity: 0.6, fillColor: colour, radius: 1 };
    const layer = L.geoJSON({ type: "MultiPoint", coordinates: data.points }, {
      pointToLayer: (feature, at) => L.circleMarker(at, style),
    });
    const show = () => {
      const zoom = map.getZoom();
      if (zoom < NEAR_ZOOM) {
        layer.remove();
        return;
      }
      layer.addTo(map).setStyle({ radius: Math.min(4, 0.9 + (zoom - NEAR_ZOOM) * 0.5) });
    };
    map.on("zoomend", show);
    show();
  }

  /* Names: the greater first, each only where it is whole and touches no other. */
  function names(whole) {
    const box = map.createPane("names");
    box.classList.add("names");
    box.style.zIndex = 640;
    box.style.pointerEvents = "none";
    const measure = document.createElement("canvas").getContext("2d");
    const family = getComputedStyle(document.body).fontFamily;
    const communities = data.names.filter((name) => name.rank === "community").length;
    const sizes = { town: 16, community: 14, grid: 12.5 };
    const wanted = data.names.map((name) => {
      measure.font = (name.rank === "grid" ? "400 " : "600 ") + sizes[name.rank] + "px " + family;
      return { ...name, width: measure.measureText(name.text).width * 1.06, height: sizes[name.rank] * 1.25 };
    });

    /* A town's name gives way to its communities'; a grid's waits until it has room inside the grid. */
    function due(name, metres) {
      const closer = map.getZoom() - whole;
      if (name.rank === "town") return closer <= 1.5;
      if (name.rank === "community") return closer >= 1 || communities <= FEW;
      return name.room / metres > name.width * 0.9;
    }

    function controlBoxes() {
      const outer = map.getContainer().getBoundingClientRect();
      return Array.from(map.getContainer().querySelectorAll(".leaflet-control"), (control) => {
        const { left, top, width, height } = control.getBoundingClientRect();
        return { x: left - outer.left + width / 2, y: top - outer.top + height / 2, w: width / 2, h: height / 2 };
      });
    }

    function place() {
      const size = map.getSize();
      const middle = size.divideBy(2);
      const metres = map.containerPointToLatLng(middle).distanceTo(map.containerPointToLatLng(middle.add([100, 0]))) / 100;
      const taken = controlBoxes();
      const shown = document.createDocumentFragment();
      for (const name of wanted) {
        const at = map.latLngToContainerPoint([name.at[1], name.at[0]]);
        const w = name.width / 2 + 3;
        const h = name.height / 2 + 1;
        if (at.x < w || at.y < h || at.x > size.x - w || at.y > size.y - h) continue;
        if (!due(name, metres)) continue;
        if (taken.some((other) => Math.abs(at.x - other.x) < w + other.w && Math.abs(at.y - other.y) < h + other.h)) continue;
        taken.push({ x: at.x, y: at.y, w, h });
        const span = shown.appendChild(document.createElement("span"));
        span.className = "name name-" + name.rank;
        span.textContent = name.text;
        const inside = map.latLngToLayerPoint([name.at[1], name.at[0]]);
        span.style.left = inside.x + "px";
        span.style.top = inside.y + "px";
      }
      box.replaceChildren(shown);
    }
    map.on("moveend zoomend resize", place);
    place();
  }

  function controls(bounds) {
    L.control.zoom({ position: "topleft", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
    const Whole = L.Control.extend({
      onAdd: () => {
        const bar = L.DomUtil.create("div", "leaflet-bar");
        const button = bar.appendChild(document.createElement("button"));
        button.type = "button";
        button.textContent = words.whole;
        L.DomEvent.disableClickPropagation(bar);
        L.DomEvent.on(button, "click", () => map.fitBounds(bounds, { padding: [12, 12] }));
        return bar;
      },
    });
    new Whole({ position: "topleft" }).addTo(map);
    const Scale = L.Control.Scale.extend({
      _updateMetric(most) {
        const metres = this._getRoundNum(most);
        const text = metres < 1000 ? fill(words.scale_m, { number: metres }) : fill(words.scale_km, { number: metres / 1000 });
        this._updateScale(this._mScale, text, metres / most);
      },
    });
    const corner = map.getSize().x < 600 ? "topright" : "bottomleft"; /* the counts need the whole foot there */
    new Scale({ imperial: false, position: corner }).addTo(map);
    const North = L.Control.extend({
      onAdd: () => {
        const arrow = L.DomUtil.create("div", "north");
        arrow.textContent = "▲ " + words.north;
        return arrow;
      },
    });
    new North({ position: "topright" }).addTo(map);
    map.attributionControl.setPrefix("Leaflet");
    const counts = document.createElement("span");
    counts.textContent = data.counts;
    if (data.counts) map.attributionControl.addAttribution(counts.innerHTML);
  }

  /* The address holds the view and the chosen grid, so that it can be sent and survives a change of language. */
  function remember() {
    const middle = map.getCenter();
    const parts = [map.getZoom(), middle.lat.toFixed(5), middle.lng.toFixed(5)];
    if (chosen) parts.push(encodeURIComponent(chosen.feature.properties.code));
    try {
      history.replaceState(null, "", "#" + parts.join("/"));
    } catch (refused) {
      return; /* a page inside a notebook has no address of its own */
    }
    const language = document.getElementById("language");
    if (language) language.hash = location.hash;
  }

  /* Set the view that the address tells, else the whole; the code of the grid that it tells. */
  function recall(bounds) {
    const [zoom, lat, lng, code] = location.hash.slice(1).split("/");
    const numbers = [zoom, lat, lng].every((part) => part && Number.isFinite(Number(part)));
    if (!numbers || !bounds.pad(0.5).contains([Number(lat), Number(lng)])) {
      map.fitBounds(bounds, { padding: [12, 12], animate: false });
      return null;
    }
    map.setView([Number(lat), Number(lng)], Number(zoom), { animate: false });
    return code ? decodeURIComponent(code) : null;
  }

  function far() {
    map.getContainer().classList.toggle("far", map.getZoom() < NEAR_ZOOM);
  }

  const layer = gridLayer();
  const bounds = layer.getBounds();
  const asked = recall(bounds);
  drawGrids(layer);
  lines();
  if (data.points) points();
  controls(bounds);
  names(map.getBoundsZoom(bounds));
  far();
  if (asked) choose(asked, false);
  map.on("zoomend", far);
  map.on("moveend", remember);
  for (const button of document.querySelectorAll(".problems button")) {
    button.addEventListener("click", () => {
      map.getContainer().scrollIntoView({ block: "nearest" });
      choose(button.dataset.code, true);
    });
  }
  let seen = null;
  window.addEventListener("beforeprint", () => {
    seen = map.getBounds();
    map.invalidateSize({ animate: false });
    map.fitBounds(seen, { animate: false });
  });
  window.addEventListener("afterprint", () => {
    map.invalidateSize({ animate: false });
    map.fitBounds(seen, { animate: false });
  });
  document.documentElement.dataset.drawn = String(grids.size);
}
