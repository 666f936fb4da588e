// What can lie over charts.
import { later } from "../parts/later";
import { over } from "../parts/overs";

const Menu = later(() => import("./menu"));
const PointsTable = later(() => import("./points"));

export function ChartOvers() {
  if (over.value === "chart") return <Menu />;
  return over.value === "points" ? <PointsTable /> : null;
}
