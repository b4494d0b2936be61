// The dashboard strategy of Printernizer Usage Statistics: asks the integration for the views and shows them.
// The words in the list of community dashboards come with this module's own address.
const TYPE = "printernizer-stats";
const TAG = `ll-strategy-dashboard-${TYPE}`;
const LAYOUTS = ["hui-sections-view", "hui-grid-section"];
const words = new URL(import.meta.url).searchParams;

window.customStrategies = window.customStrategies || [];
if (!window.customStrategies.some((strategy) => strategy.type === TYPE)) {
  window.customStrategies.push({
    type: TYPE,
    strategyType: "dashboard",
    name: words.get("name"),
    description: words.get("description"),
    documentationURL: words.get("url"),
  });
}

let watched = [];
let regenerating = false;

// Only once Home Assistant's own element is there is the registry of elements the one that it looks into.
customElements.whenDefined("home-assistant").then(() => {
  if (customElements.get(TAG)) {
    return;
  }
  customElements.define(
    TAG,
    class extends HTMLElement {
      static noEditor = true;

      static async generate(_config, hass) {
        if (regenerating) {
          // Home Assistant fails at new views as long as it loads the layouts of the ones before.
          regenerating = false;
          await Promise.all(LAYOUTS.map((layout) => customElements.whenDefined(layout)));
        }
        const { watch, ...dashboard } = await hass.callWS({
          type: "printernizer_stats/dashboard",
          language: hass.language,
        });
        watched = watch;
        return dashboard;
      }

      static getCreateSuggestions() {
        return { title: words.get("title"), icon: "mdi:printer-3d" };
      }

      static shouldRegenerate(_config, before, now) {
        const outdated =
          before.entities !== now.entities ||
          before.devices !== now.devices ||
          watched.some((entity) => before.states[entity]?.state !== now.states[entity]?.state);
        regenerating ||= outdated;
        return outdated;
      }
    },
  );
});
