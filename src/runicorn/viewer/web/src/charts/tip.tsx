// The values at the cursor as a part that is loaded when they are wanted first.
export { Values as default } from "./values";
