// Notes as they are read: a module of its own, which the header loads when there are some.
export { Markdown as default } from "../parts/markdown";
