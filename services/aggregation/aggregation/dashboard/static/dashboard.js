// Draws the tables of a page. Without this script the tables are all there is, and they say the same.
"use strict";

const LONG_TABLE = 8;
const FEW_BARS = 6;
const NARROW = 560;
const drawn = [];

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function palette() {
  return [1, 2, 3, 4, 5, 6, 7, 8].map((number) => color(`series-${number}`));
}

function written(value, unit) {
  const text = typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 1 }) : value;
  return unit ? `${text} ${unit}` : text;
}

// Most reports about the running week do not exist yet: its figures stand in the table only.
function height(drawing, row, place) {
  const open = drawing.state >= 0 && row[drawing.state] === "running";
  return open || typeof row[place] !== "number" ? "-" : row[place];
}

function base(drawing) {
  return {
    animation: false,
    color: palette(),
    textStyle: { color: color("ink"), fontFamily: "system-ui, sans-serif" },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: color("card"),
      borderColor: color("line"),
      textStyle: { color: color("ink") },
    },
    aria: { enabled: false, decal: { show: drawing.drawn.length > 1 && drawing.chart === "columns" } },
  };
}

function axes(drawing, names) {
  const line = { lineStyle: { color: color("line") } };
  const unit = drawing.columns[drawing.drawn[0]].unit;
  return {
    category: {
      type: "category",
      data: names,
      axisLine: line,
      axisTick: { show: false },
      axisLabel: { color: color("soft"), hideOverlap: true },
    },
    value: {
      type: "value",
      axisLabel: { color: color("soft"), formatter: (value) => written(value, unit) },
      splitLine: line,
      max: drawing.chart === "area" ? 100 : undefined,
    },
  };
}

// The weeks whose reports have not all come in lie on a gray ground.
function incomplete(drawing) {
  const open = drawing.rows.filter((row) => row[drawing.state] !== "complete").map((row) => row[0]);
  if (drawing.state < 0 || !open.length) return undefined;
  return {
    silent: true,
    itemStyle: { color: color("soft"), opacity: 0.14 },
    label: { color: color("soft"), position: "insideBottom", fontSize: 11 },
    data: [[{ xAxis: open[0], name: "not all in yet" }, { xAxis: open[open.length - 1] }]],
  };
}

// Releases and notes stand as lines on the time line.
function marks(drawing) {
  const weeks = new Map();
  for (const mark of drawing.marks) weeks.set(mark.week, [...(weeks.get(mark.week) ?? []), mark.text]);
  if (!weeks.size) return undefined;
  return {
    symbol: "none",
    lineStyle: { color: color("soft"), type: "dashed", width: 1 },
    label: { color: color("soft"), fontSize: 11, formatter: (mark) => mark.name, overflow: "truncate", width: 70 },
    data: [...weeks].map(([week, texts]) => ({ xAxis: week, name: texts.join(", ") })),
  };
}

function overTime(drawing, narrow) {
  const { category, value } = axes(drawing, drawing.rows.map((row) => row[0]));
  const kind = drawing.chart === "columns" ? "bar" : "line";
  return {
    ...base(drawing),
    tooltip: { ...base(drawing).tooltip, trigger: "axis" },
    legend: { type: "plain", bottom: 0, textStyle: { color: color("ink") }, itemWidth: 18 },
    grid: { left: 8, right: narrow ? 12 : 28, top: 28, bottom: narrow ? 64 : 40, containLabel: true },
    xAxis: { ...category, boundaryGap: kind === "bar" },
    yAxis: value,
    series: drawing.drawn.map((place, number) => ({
      name: drawing.columns[place].title,
      type: kind,
      stack: drawing.chart === "line" ? undefined : "all",
      areaStyle: drawing.chart === "area" ? { opacity: 0.75 } : undefined,
      symbol: drawing.rows.length > 60 || drawing.chart === "area" ? "none" : ["circle", "rect", "triangle", "diamond"][number % 4],
      symbolSize: 5,
      lineStyle: { width: drawing.chart === "area" ? 1 : 2 },
      tooltip: { valueFormatter: (given) => written(given, drawing.columns[place].unit) },
      data: drawing.rows.map((row) => height(drawing, row, place)),
      markArea: number ? undefined : incomplete(drawing),
      markLine: number ? undefined : marks(drawing),
    })),
  };
}

function bars(drawing, narrow) {
  const rows = drawing.rows.slice(0, 20).reverse();
  const { category, value } = axes(drawing, rows.map((row) => String(row[0])));
  const names = { ...category, axisLabel: { color: color("ink"), width: narrow ? 110 : 220, overflow: "truncate" } };
  return {
    ...base(drawing),
    legend: drawing.drawn.length > 1 ? { bottom: 0, textStyle: { color: color("ink") } } : undefined,
    grid: { left: 8, right: 56, top: 8, bottom: drawing.drawn.length > 1 ? 36 : 8, containLabel: true },
    xAxis: value,
    yAxis: names,
    series: drawing.drawn.map((place) => ({
      name: drawing.columns[place].title,
      type: "bar",
      barMaxWidth: 26,
      label: {
        show: drawing.drawn.length === 1,
        position: "right",
        color: color("ink"),
        formatter: (item) => written(item.value, drawing.columns[place].unit),
      },
      data: rows.map((row) => row[place]),
    })),
  };
}

function donut(drawing, narrow) {
  const place = drawing.drawn[0];
  return {
    ...base(drawing),
    tooltip: { ...base(drawing).tooltip, trigger: "item" },
    legend: narrow ? { bottom: 0, textStyle: { color: color("ink") } } : undefined,
    series: [{
      type: "pie",
      radius: ["45%", "75%"],
      center: ["50%", narrow ? "42%" : "50%"],
      itemStyle: { borderColor: color("card"), borderWidth: 2 },
      label: { show: !narrow, color: color("ink"), formatter: (item) => `${item.name}: ${written(item.value)} (${item.percent} %)` },
      data: drawing.rows.filter((row) => row[place] > 0).map((row) => ({ name: String(row[0]), value: row[place] })),
    }],
  };
}

function sankey(drawing, narrow) {
  const place = drawing.drawn[0];
  // A version before and one after are different nodes, even of the same name.
  const links = drawing.rows.filter((row) => row[place] > 0 && row[0] !== row[1]);
  const nodes = [...new Set(links.flatMap((row) => [`${row[0]} `, ` ${row[1]}`]))];
  return {
    ...base(drawing),
    series: [{
      type: "sankey",
      right: narrow ? 60 : 110,
      left: 8,
      top: 12,
      bottom: 12,
      nodeAlign: "justify",
      draggable: false,
      emphasis: { focus: "adjacency" },
      label: { color: color("ink"), formatter: (node) => node.name.trim() },
      lineStyle: { color: "source", opacity: 0.35 },
      data: nodes.map((name) => ({ name })),
      links: links.map((row) => ({ source: `${row[0]} `, target: ` ${row[1]}`, value: row[place] })),
    }],
  };
}

function worldMap(drawing) {
  const place = drawing.drawn[0];
  const known = drawing.rows.map((row) => ({ name: row[1], title: row[0], value: row[place] }));
  const titles = new Map(known.map((one) => [one.name, one.title]));
  return {
    ...base(drawing),
    tooltip: {
      ...base(drawing).tooltip,
      trigger: "item",
      formatter: (item) => `${titles.get(item.name) ?? item.name}: ${written(item.value || 0)}`,
    },
    visualMap: {
      min: 0,
      max: Math.max(1, ...known.map((one) => one.value)),
      left: 4,
      bottom: 4,
      calculable: false,
      text: ["more homes", "fewer"],
      textStyle: { color: color("ink") },
      inRange: { color: [color("map-low"), color("series-1")] },
      itemHeight: 80,
    },
    series: [{
      type: "map",
      map: "world",
      roam: false,
      selectedMode: false,
      itemStyle: { areaColor: color("map-none"), borderColor: color("card"), borderWidth: 0.5 },
      label: { show: false },
      emphasis: { label: { show: false }, itemStyle: { areaColor: color("series-2") } },
      data: known.map(({ name, value }) => ({ name, value })),
    }],
  };
}

const DRAW = {
  line: overTime, area: overTime, columns: overTime, bars, donut, sankey, map: worldMap,
};

async function worldIsThere(holder) {
  const answer = await fetch(holder.dataset.world);
  echarts.registerMap("world", await answer.json());
}

async function draw(holder) {
  const drawing = JSON.parse(holder.nextElementSibling.textContent);
  if (drawing.chart === "map") await worldIsThere(holder);
  if (drawing.chart === "bars" && drawing.rows.length <= FEW_BARS) holder.classList.add("few");
  holder.hidden = false;
  const chart = echarts.init(holder, null, { renderer: "svg" });
  const show = () => {
    // ECharts fails at a map without a width, such as while Chromium prepares a picture of the page.
    if (!holder.clientWidth) return;
    chart.resize();
    chart.setOption(DRAW[drawing.chart](drawing, holder.clientWidth < NARROW), true);
  };
  show();
  drawn.push(show);
  const table = holder.parentElement.querySelector("details");
  if (drawing.rows.length > LONG_TABLE || holder.closest(".answers")) table.open = false;
}

function again() {
  for (const show of drawn) show();
}

// A menu that was changed shows its choice at once.
for (const menu of document.querySelectorAll(".view select")) {
  menu.addEventListener("change", () => menu.form.requestSubmit());
}
// What is not filtered does not stand in the address.
for (const form of document.querySelectorAll(".view")) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (!value) formData.delete(name);
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
addEventListener("resize", again);
addEventListener("beforeprint", () => {
  for (const table of document.querySelectorAll("details.table")) table.open = true;
});
Promise.all([...document.querySelectorAll(".chart")].map(draw)).then(() => {
  document.documentElement.dataset.drawn = String(drawn.length);
});
