// What a panel of a report tells, and what it does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { understood } from "../src/reports/told";

test("a panel is a query, or an address with one", () => {
  const query = (text: string) => {
    const told = understood(text);
    return typeof told === "string" ? told : told.query;
  };
  const same = "x=step:10..20&sm=ema:0.9&run=a,b&metrics=train/loss";
  assert.equal(query("run=a,b&metrics=train/loss&x=step:10..20&sm=ema:0.9\n"), same);
  assert.equal(query("?run=a,b&metrics=train/loss&x=step:10..20&sm=ema:0.9"), same);
  assert.equal(query(`/embed?${same}`), same);
  assert.equal(query(`https://other.example:1234/embed?root=2&${same}&token=secret`), same);
  assert.equal(query(`<iframe src="http://127.0.0.1:1/embed?${same.replaceAll("&", "&amp;")}" width="640"></iframe>`), same);
  assert.equal(query("http://127.0.0.1:1/?path=cv/**&large=loss&seen=charts"), "path=cv&large=loss");
  assert.equal(query("/run/a%20b/charts?large=loss&line=3"), "large=loss&run=a+b");
  assert.equal(query("/run/%zz"), "run=%25zz");
  assert.equal(query("http://127.0.0.1:1/"), "");
  assert.equal(query("path=cv&root=1"), "path=cv");
});

test("what it shows decides how high it is", () => {
  const told = understood("  title:  Loss: by seed \n\n path=cv&metrics=a,b\\,c,d&height=300&across=2 ");
  const query = "path=cv&across=2&height=300&metrics=a,b%5C,c,d";
  assert.deepEqual(told, { title: "Loss: by seed", query, metrics: 3, across: 2, height: 300 });
  assert.equal((understood("path=cv&large=loss") as { metrics: number }).metrics, 1);
  assert.equal((understood("path=cv") as { metrics: number }).metrics, 6);
});

test("what it cannot tell is said", () => {
  for (const [text, part] of [
    ["", "is empty"],
    ["title: only", "is empty"],
    ["run=a\nrun=b", "“run=b”"],
    ["title: a\nrun=a\ntitle: b", "“title: b”"],
    ["metric=loss&run=a", "“metric”"],
    ["loss", "nothing that can be understood"],
    ["javascript:alert(1)", "nothing that can be understood"],
    ["//evil.example/diff?a=1", "not one of charts"],
    ["/settings?run=a", "not one of charts"],
    ["/api/v1/info", "not one of charts"],
    ["https://[", "not one of charts"],
  ]) {
    const told = understood(text);
    assert.ok(typeof told === "string" && told.includes(part), `${text}: ${JSON.stringify(told)}`);
  }
});
