// Writes the map of the world as GeoJSON whose names are the two letters of ISO 3166.
import { readFileSync, writeFileSync } from "node:fs";
import { feature } from "topojson-client";

const [, , codes, target] = process.argv;
const letters = JSON.parse(readFileSync(codes, "utf8"));
const atlas = JSON.parse(readFileSync("node_modules/world-atlas/countries-110m.json", "utf8"));
const rounded = (value) => Math.round(value * 100) / 100;

// A ring that crosses the 180th meridian goes on beyond it, instead of back around the world.
function unwound(ring) {
  let before = ring[0][0];
  return ring.map(([longitude, latitude]) => {
    before = longitude + 360 * Math.round((before - longitude) / 360);
    return [rounded(before), rounded(latitude)];
  });
}

function east(ring) {
  const beyond = Math.min(...ring.map(([longitude]) => longitude)) < -180;
  return beyond ? ring.map(([longitude, latitude]) => [rounded(longitude + 360), latitude]) : ring;
}

const mended = (polygon) => polygon.map((ring) => east(unwound(ring)));
const polygons = ({ type, coordinates }) => (type === "Polygon" ? mended(coordinates) : coordinates.map(mended));
const features = feature(atlas, atlas.objects.countries).features
  .filter((one) => one.properties.name !== "Antarctica")
  .map(({ id, properties, geometry }) => ({
    type: "Feature",
    properties: { name: letters[id] ?? letters[properties.name] ?? properties.name },
    geometry: { type: geometry.type, coordinates: polygons(geometry) },
  }));
writeFileSync(target, JSON.stringify({ type: "FeatureCollection", features }));
