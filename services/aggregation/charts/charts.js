// The parts of ECharts that the dashboard draws with.
import { init, registerMap, use } from "echarts/core";
import { BarChart, LineChart, MapChart, PieChart, SankeyChart } from "echarts/charts";
import {
  AriaComponent,
  GridComponent,
  LegendPlainComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

use([
  BarChart, LineChart, MapChart, PieChart, SankeyChart,
  AriaComponent, GridComponent, LegendPlainComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent,
  VisualMapContinuousComponent, SVGRenderer,
]);
export { init, registerMap };
