// What the machine consists of. A snapshot fits a machine of the same parts alone.
export const hardware = {
  memory_size: 192 * 2 ** 20,
  vga_memory_size: 2 * 2 ** 20,
  // The line of the agent; the shell's is always there.
  uart1: true,
  acpi: false,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
};
