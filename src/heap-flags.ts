import { setFlagsFromString } from "node:v8";

// Set before anything is allocated; imported first by the entry point of the command.
//
// Nearly all data live outside V8's heap, in typed arrays, and what is in the heap lives long. V8's defaults make the
// worst of that: young space grows to 32 MiB and stays resident, and as buffers count towards a limit that is only a
// third above the small old space, a full collection runs about every second. A young space that does not grow and a
// larger step to the next full collection cost less time and less memory; docs/decisions/0008 has the figures.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=100");
