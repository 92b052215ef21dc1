"""U-Boot's part in choosing a slot: the script on the boot partition of boards that start by it."""

from __future__ import annotations

import struct
import zlib

from tools.slots.uboot import COPIES, SIZE_BYTES

FILE = "boot.scr"
ROOT_PARTITIONS = {"A": 2, "B": 3}
"""Their numbers on a card."""

_MAGIC, _LINUX, _ARM64, _SCRIPT = 0x27051956, 5, 22, 6
"""Of U-Boot's image.h: IH_MAGIC, IH_OS_LINUX, IH_ARCH_ARM64, IH_TYPE_SCRIPT."""

_TEXT = """\
# Which root starts: the same rules as tools/slots/state.py. The two copies of the state are written
# one after the other, so that one of them is always whole.
setenv boot "${devtype} ${devnum}:${distro_bootpart}"
setenv copy_read none
for copy in @COPIES@; do
  if test ${copy_read} = none; then
    if load ${boot} ${pxefile_addr_r} ${copy}; then
      if env import -c ${pxefile_addr_r} @SIZE@ slot_order slot_A slot_B; then
        setenv copy_read ${copy}
      fi
    fi
  fi
done
if test ${copy_read} = none; then
  setenv slot_order "A B"; setenv slot_A good; setenv slot_B 0
fi
setenv chosen none
setenv first none
for slot in ${slot_order}; do
  if test ${first} = none; then setenv first ${slot}; fi
  if test ${chosen} = none; then
    if test ${slot} = A; then setenv left ${slot_A}; else setenv left ${slot_B}; fi
    if test ${left} = good; then
      setenv chosen ${slot}
    else
      if test ${left} != 0; then
        setexpr left ${left} - 1
        if test ${slot} = A; then setenv slot_A ${left}; else setenv slot_B ${left}; fi
        env export -c -s @SIZE@ ${pxefile_addr_r} slot_order slot_A slot_B
        for copy in @COPIES@; do
          fatwrite ${boot} ${pxefile_addr_r} ${copy} @SIZE@
        done
        setenv chosen ${slot}
      fi
    fi
  fi
done
if test ${chosen} = none; then setenv chosen ${first}; fi
if test ${chosen} = A; then setenv second B; else setenv second A; fi
# A slot whose kernel cannot be read gives way to the other at once.
for slot in ${chosen} ${second}; do
  setenv chosen ${slot}
  if test ${chosen} = A; then setenv root @A@; else setenv root @B@; fi
  setenv bootargs "@CMDLINE@"
  if load ${devtype} ${devnum}:${root} ${kernel_addr_r} /boot/vmlinuz; then
    if load ${devtype} ${devnum}:${root} ${ramdisk_addr_r} /boot/initrd.img; then
      echo "irbis: starting slot ${chosen}"
      booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdt_addr}
    fi
  fi
done
echo "irbis: no slot starts"
sleep 10
reset
"""


def boot_script(cmdline: str) -> bytes:
    """The script as U-Boot loads it. ``cmdline`` is the kernel's, with ``${chosen}`` where the
    slot's letter belongs."""
    text = _TEXT.replace("@COPIES@", " ".join(COPIES)).replace("@SIZE@", f"{SIZE_BYTES:#x}")
    text = text.replace("@CMDLINE@", cmdline)
    for slot, number in ROOT_PARTITIONS.items():
        text = text.replace(f"@{slot}@", str(number))
    return _as_image(text.encode("ascii"), "Irbis slots")


def _as_image(script: bytes, name: str) -> bytes:
    """U-Boot's legacy image of one script: header, length of the script, zero, script."""
    body = struct.pack(">II", len(script), 0) + script
    fields = (len(body), 0, 0, zlib.crc32(body), _LINUX, _ARM64, _SCRIPT, 0, name.encode())
    blank = struct.pack(">IIIIIIIBBBB32s", _MAGIC, 0, 0, *fields)
    checked = struct.pack(">IIIIIIIBBBB32s", _MAGIC, zlib.crc32(blank), 0, *fields)
    return checked + body
