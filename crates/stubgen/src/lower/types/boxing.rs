//! Types that contain themselves: where, and a pointer there.

use crate::ir::types::{TypeId, TypeRef, TypeShape, Types};

/// Puts a pointer into every place where a type would contain itself by value: wherever one type of a cycle contains another one of it.
pub(super) fn box_recursion(types: &mut Types) {
    let edges: Vec<Vec<usize>> =
        types.definitions.iter().map(|definition| contained(&definition.shape)).collect();
    let cycle = cycles(&edges);
    for (index, definition) in types.definitions.iter_mut().enumerate() {
        let back = |id: TypeId| cycle[id.0] == cycle[index];
        match &mut definition.shape {
            TypeShape::Struct(structure) => {
                structure.fields.iter_mut().for_each(|field| boxed(&mut field.ty, &back));
            }
            TypeShape::Union(union) => {
                union.variants.iter_mut().for_each(|variant| boxed(&mut variant.ty, &back));
            }
            TypeShape::Newtype(ty, _) => boxed(ty, &back),
            TypeShape::Choice(_) | TypeShape::Pending => {}
        }
    }
}

fn boxed(ty: &mut TypeRef, back: &dyn Fn(TypeId) -> bool) {
    match ty {
        TypeRef::Named(id) if back(*id) => *ty = TypeRef::Boxed(Box::new(ty.clone())),
        TypeRef::Nullable(inner) => boxed(inner, back),
        _ => {}
    }
}

/// Types that values of a shape contain without a pointer between.
fn contained(shape: &TypeShape) -> Vec<usize> {
    fn of(ty: &TypeRef, found: &mut Vec<usize>) {
        match ty {
            TypeRef::Named(id) => found.push(id.0),
            TypeRef::Nullable(inner) => of(inner, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    match shape {
        TypeShape::Struct(structure) => structure.fields.iter().for_each(|field| of(&field.ty, &mut found)),
        TypeShape::Union(union) => union.variants.iter().for_each(|variant| of(&variant.ty, &mut found)),
        TypeShape::Newtype(ty, _) => of(ty, &mut found),
        TypeShape::Choice(_) | TypeShape::Pending => {}
    }
    found
}

/// For each node of a graph the number of its strongly connected component (Kosaraju's algorithm, without recursion).
fn cycles(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            reversed[*to].push(from);
        }
    }
    let mut finished = Vec::with_capacity(edges.len());
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        let mut stack = vec![(start, 0)];
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        while let Some((node, next)) = stack.pop() {
            match edges[node].get(next) {
                Some(target) => {
                    stack.push((node, next + 1));
                    if !std::mem::replace(&mut seen[*target], true) {
                        stack.push((*target, 0));
                    }
                }
                None => finished.push(node),
            }
        }
    }
    let mut component = vec![usize::MAX; edges.len()];
    for start in finished.into_iter().rev() {
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            if component[node] == usize::MAX {
                component[node] = start;
                stack.extend(reversed[node].iter().copied().filter(|next| component[*next] == usize::MAX));
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_of_a_cycle_share_a_number() {
        let numbers = cycles(&[vec![1], vec![2], vec![0, 3], vec![], vec![4]]);
        assert!(numbers[0] == numbers[1] && numbers[1] == numbers[2]);
        assert!(numbers[3] != numbers[0] && numbers[4] != numbers[3]);
    }
}
