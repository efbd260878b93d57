import { pack as join, unpack as split, type Tensors } from '@unnas/nn';
import type { Declaration, Pack } from './declaration.ts';

/** How the tensors of a network are kept while it is trained. */
export interface Packing {
  /**
   * Joins what a fused op takes in, or what it saw of the running statistics, into one tensor each. A network has a thousand
   * parameters and more, and what a step of training does for each of them costs more than the numbers in it.
   *
   * @param tensors parameters, running statistics, or what an optimiser remembers of them, by `name` or `prefix/name`
   * @returns new tensors, which belong to the caller's tidy, in place of those that were joined, and the others themselves
   */
  pack(tensors: Tensors): Tensors;
  /** Takes apart what `pack` joined, into new tensors of the caller's tidy, in the order in which the network declares them. */
  unpack(tensors: Tensors): Tensors;
}

/** The packing that a network declares. */
export function packing({ parameters, statistics, packs }: Declaration): Packing {
  const byName = new Map(packs.map((pack) => [pack.name, pack]));
  const byMember = new Map(packs.flatMap((pack) => pack.members.map((member) => [member, pack] as const)));
  const order = new Map([...parameters.keys(), ...statistics.keys()].map((name, i) => [name, i]));
  const shapeOf = (name: string) => parameters.get(name)?.shape ?? statistics.get(name)!;

  return {
    pack(tensors) {
      const packed: Tensors = {};
      for (const [key, tensor] of Object.entries(tensors)) {
        const { prefix, name } = parsed(key);
        const pack = byMember.get(name);
        if (!pack?.used()) packed[key] = tensor;
        else packed[`${prefix}${pack.name}`] ??= join(membersOf(pack, prefix, tensors));
      }
      return packed;
    },
    unpack(tensors) {
      const named = Object.entries(tensors).flatMap(([key, tensor]) => {
        const { prefix, name } = parsed(key);
        const pack = byName.get(name);
        if (pack === undefined) return [{ key, name, tensor }];
        const { members } = pack;
        return split(tensor, members.map(shapeOf)).map((tensor, i) => {
          const name = members[i]!;
          return { key: `${prefix}${name}`, name, tensor };
        });
      });
      const place = (name: string) => order.get(name) ?? order.size;
      named.sort((a, b) => place(a.name) - place(b.name));
      return Object.fromEntries(named.map(({ key, tensor }) => [key, tensor]));
    },
  };
}

function parsed(key: string): { prefix: string; name: string } {
  const at = key.lastIndexOf('/') + 1;
  return { prefix: key.slice(0, at), name: key.slice(at) };
}

function membersOf({ members }: Pack, prefix: string, tensors: Tensors) {
  return members.map((member) => {
    const tensor = tensors[`${prefix}${member}`];
    if (tensor === undefined) throw new RangeError(`the network's tensors lack ${prefix}${member}`);
    return tensor;
  });
}
