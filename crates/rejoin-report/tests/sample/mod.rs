//! A report with every block and every chart, in both languages. Country, people, agencies and numbers are invented.

use rejoin_report::{
    Band, Bar, Block, Chart, Column, Document, FlowNode, Language, Mark, Reference, Section, Side, Status,
};

/// The sample in a language.
pub fn document(language: Language) -> Document {
    let say = |english: &str, spanish: &str| -> String {
        match language {
            Language::English => english.into(),
            Language::Spanish => spanish.into(),
        }
    };
    Document {
        title: say(
            "Children separated at the southern frontier of Almara, 2031–2032",
            "Niñas y niños separados en la frontera sur de Almara, 2031–2032",
        ),
        subtitle: say(
            "What the records of three agencies show, what was said in public, and what was answered",
            "Lo que muestran los registros de tres organismos, lo que se dijo en público y lo que se respondió",
        ),
        language,
        status: Status::Draft {
            recipient: say("Office of Frontier Affairs", "Oficina de Asuntos Fronterizos"),
        },
        issued: "2032-11-24".into(),
        facts: vec![
            (say("As of", "Datos al"), say("1 November 2032", "1 de noviembre de 2032")),
            (
                say("Ledger checkpoint", "Punto de control del registro"),
                "91,204 · 6f1d3a0c9be2475d8c11f0a97e5b3c4421d9ab607c5e88f3f4b2a6d01c9e7735".into(),
            ),
            (say("Version", "Versión"), "rejoin 0.1.0".into()),
            (
                say("Template", "Plantilla"),
                say("separations, third edition", "separaciones, tercera edición"),
            ),
            (
                say("Prepared by", "Preparado por"),
                say("Commission of Inquiry, data section", "Comisión de Investigación, sección de datos"),
            ),
        ],
        sections: sections(&say, language),
        references: references(&say),
        data: "{\"report\":\"sample\",\"note\":\"a < b, \\u003c and <\\/script>\",\"counts\":[4368,2816]}"
            .into(),
    }
}

fn sections(say: &dyn Fn(&str, &str) -> String, language: Language) -> Vec<Section> {
    vec![
        Section {
            heading: say("Findings in short", "Conclusiones en breve"),
            level: 1,
            blocks: vec![
                Block::Claim {
                    id: "F1".into(),
                    text: say(
                        "Between 5 May 2031 and 30 June 2032 the agencies recorded 4,368 separations of a child from a parent; \
                         in 2,816 of them the family was never registered under one number.",
                        "Entre el 5 de mayo de 2031 y el 30 de junio de 2032 los organismos registraron 4368 separaciones de una \
                         niña o un niño de su madre o padre; en 2816 de ellas la familia nunca se inscribió con un número común.",
                    ),
                    references: vec![1, 2],
                },
                Block::Claim {
                    id: "F2".into(),
                    text: say(
                        "A further 391 separations are inferred from overlapping custody and 127 are suspected; they are not part of \
                         that count and are shown apart wherever they appear.",
                        "Otras 391 separaciones se infieren de custodias superpuestas y 127 se sospechan; no forman parte de esa \
                         cuenta y se muestran aparte dondequiera que aparezcan.",
                    ),
                    references: vec![1],
                },
                Block::Text(say(
                    "Every number in this report can be recomputed. The appendix gives its definition, the query that was asked and \
                     the hash of the records that were counted. Where sources disagree, both stand side by side.",
                    "Toda cifra de este informe puede volver a calcularse. El apéndice da su definición, la consulta que se hizo y \
                     el resumen criptográfico de los registros contados. Cuando las fuentes discrepan, ambas figuran lado a lado.",
                )),
                Block::Items(vec![
                    say("Recorded: an agency wrote that the child was separated.", "Registrada: un organismo escribió que hubo separación."),
                    say(
                        "Inferred: the custody records of child and parent cannot both be true otherwise.",
                        "Inferida: las custodias de hija o hijo y madre o padre no podrían ser ciertas de otro modo.",
                    ),
                    say("Suspected: a record hints at it and nothing contradicts.", "Sospechada: un registro lo sugiere y nada lo contradice."),
                ]),
            ],
        },
        Section {
            heading: say("When it happened", "Cuándo ocurrió"),
            level: 1,
            blocks: vec![
                Block::Claim {
                    id: "T1".into(),
                    text: say(
                        "The weekly count rose from 14 to more than 150 within six weeks of Instruction 31-07, and fell within three \
                         weeks of the court’s order.",
                        "La cuenta semanal subió de 14 a más de 150 en las seis semanas que siguieron a la Instrucción 31-07, y bajó \
                         en las tres semanas posteriores a la orden judicial.",
                    ),
                    references: vec![3],
                },
                Block::Figure {
                    caption: say("Separations by week, and the rules in force", "Separaciones por semana y normas en vigor"),
                    description: say(
                        "Weekly separations rise steeply in summer 2031 under Instruction 31-07, peak above 150 in August, and fall \
                         after the order of 26 November 2031.",
                        "Las separaciones semanales suben con fuerza en el verano de 2031 con la Instrucción 31-07, superan 150 en \
                         agosto y bajan tras la orden del 26 de noviembre de 2031.",
                    ),
                    chart: timeline(say),
                    references: vec![3, 4],
                },
            ],
        },
        Section {
            heading: say("Before Instruction 31-07", "Antes de la Instrucción 31-07"),
            level: 2,
            blocks: vec![
                Block::Quotation {
                    words: say(
                        "There is no policy of separating families. There never was. Children are put up apart only where their \
                         safety asks for it.",
                        "No existe una política de separar familias. Nunca existió. Solo se aloja aparte a niñas y niños cuando su \
                         seguridad lo exige.",
                    ),
                    speaker: say("T. Aldana, spokesperson of the Office", "T. Aldana, portavoz de la Oficina"),
                    when: say("18 June 2031", "18 de junio de 2031"),
                    channel: say("press conference", "conferencia de prensa"),
                    chain: vec![
                        say("the Daily Herald of Almara", "el Heraldo Diario de Almara"),
                        say("a recording kept by the inquiry", "una grabación que conserva la investigación"),
                    ],
                    judgement: say(
                        "contradicted by the records: on that day Instruction 31-07 had been in force for 42 days, and 611 \
                         separations had been recorded under it.",
                        "contradicho por los registros: ese día la Instrucción 31-07 llevaba 42 días en vigor y con ella se habían \
                         registrado 611 separaciones.",
                    ),
                    references: vec![4, 5],
                },
                Block::Response {
                    party: say("the Office of Frontier Affairs", "la Oficina de Asuntos Fronterizos"),
                    words: say(
                        "The Office rejects this reading. The spokesperson referred to the law, which has known no such policy.\n\
                         The instruction was an internal matter of allocation and was withdrawn when its effects became known.",
                        "La Oficina rechaza esta lectura. La portavoz se refería a la ley, que no ha conocido tal política.\n\
                         La instrucción era un asunto interno de asignación y se retiró cuando se conocieron sus efectos.",
                    ),
                    when: say("3 October 2032", "3 de octubre de 2032"),
                    references: vec![6],
                },
            ],
        },
        Section {
            heading: say("Two counts of the same week", "Dos cuentas de la misma semana"),
            level: 3,
            blocks: vec![Block::Sides {
                left: Side {
                    title: say("Frontier police, weekly bulletin 33", "Policía de fronteras, boletín semanal 33"),
                    words: say("121 minors transferred, of whom 9 with family present.", "121 menores trasladados, 9 de ellos con familia presente."),
                    references: vec![7],
                },
                right: Side {
                    title: say("Shelter network, intake list", "Red de albergues, lista de ingresos"),
                    words: say(
                        "158 children arrived; 131 named a parent who was alive and in custody.",
                        "Llegaron 158 niñas y niños; 131 nombraron a una madre o un padre con vida y bajo custodia.",
                    ),
                    references: vec![8],
                },
                explanation: say(
                    "Twenty-two children appear in the second list a day after the bulletin’s week ended. That explains part of the \
                     difference; 15 children stand in one list only, and nothing we have explains it.",
                    "Veintidós niñas y niños figuran en la segunda lista un día después de terminar la semana del boletín. Eso explica \
                     una parte de la diferencia; 15 figuran en una sola lista y nada de lo que tenemos lo explica.",
                ),
            }],
        },
        Section {
            heading: say("Who and where", "Quiénes y dónde"),
            level: 1,
            blocks: vec![
                stations(say),
                Block::Figure {
                    caption: say("Separations by age of the child", "Separaciones por edad"),
                    description: say(
                        "Children of five to nine years are the largest group; 187 were younger than two.",
                        "El grupo mayor tiene de cinco a nueve años; 187 tenían menos de dos.",
                    ),
                    chart: Chart::Columns {
                        parts: vec![say("recorded", "registradas"), say("inferred", "inferidas"), say("suspected", "sospechadas")],
                        bars: [("0–1", 187, 31, 9), ("2–4", 803, 88, 24), ("5–9", 1609, 140, 41), ("10–14", 1304, 97, 38), ("15–17", 465, 35, 15)]
                            .map(|(label, one, two, three)| (label.to_owned(), vec![one, two, three]))
                            .into(),
                        axis: say("Age in years on the day of separation", "Edad en años el día de la separación"),
                    },
                    references: vec![1],
                },
                Block::Figure {
                    caption: say("Where the children are known to have gone", "A dónde consta que fueron"),
                    description: say(
                        "Of 4,368 children, 2,950 are known to be back with a parent and 402 cannot be traced.",
                        "De 4368, consta que 2950 volvieron con su madre o padre; de 402 se desconoce el paradero.",
                    ),
                    chart: flow(say),
                    references: vec![2, 9],
                },
                Block::Figure {
                    caption: say("Days until reunification, by what it waited for", "Días hasta la reunificación, según lo que se esperaba"),
                    description: say(
                        "Cases without a common family number waited longest.",
                        "Los casos sin número familiar común esperaron más.",
                    ),
                    chart: Chart::Bars {
                        parts: vec![],
                        bars: vec![
                            (say("No common family number", "Sin número familiar común"), vec![1412]),
                            (say("Parent removed from the country before the child was traced", "Madre o padre expulsado antes de localizar a la niña o el niño"), vec![1107]),
                            (say("Identity disputed", "Identidad en disputa"), vec![388]),
                            (say("Papers only", "Solo documentos"), vec![214]),
                            (say("Nothing on record", "Nada consta"), vec![43]),
                        ],
                    },
                    references: vec![9],
                },
                long_table(say),
                empty_table(say),
            ],
        },
        Section {
            heading: say("What this report does not say", "Lo que este informe no dice"),
            level: 1,
            blocks: vec![
                Block::Text(say(
                    "It says nothing about children whom no list names. It does not say that a missing paper means a missing \
                     relation, and it accuses no person whose name stands in the records of a child.",
                    "No dice nada de niñas y niños que ninguna lista nombra. No dice que la falta de un documento signifique la falta \
                     de un vínculo, y no acusa a ninguna persona cuyo nombre figure en los registros de una niña o un niño.",
                )),
                Block::Claim {
                    id: "N1".into(),
                    text: match language {
                        Language::English => "Of the families concerned, 38 had names that two agencies wrote in different scripts or \
                            orders, among them Ixchel Pérez y Pérez, Nguyễn Thị Lan and Χρήστος Δήμου.".into(),
                        Language::Spanish => "De las familias afectadas, 38 tenían nombres que dos organismos escribieron con distinto \
                            alfabeto u orden, entre ellos Ixchel Pérez y Pérez, Nguyễn Thị Lan y Χρήστος Δήμου.".into(),
                    },
                    references: vec![10],
                },
            ],
        },
    ]
}

fn timeline(say: &dyn Fn(&str, &str) -> String) -> Chart {
    // Seventy weeks: slow, steep, slow again, by a fixed rule.
    let bars = (0..70u64)
        .map(|week| {
            let rise = if week < 8 {
                14 + week * 2
            } else if week < 16 {
                30 + (week - 8) * 16
            } else {
                150u64.saturating_sub((week - 16) * 3)
            };
            let count = if week > 38 { rise / 4 + 3 } else { rise } + (week * 7) % 11;
            let date = jiff::civil::date(2031, 3, 3)
                .checked_add(jiff::Span::new().weeks(week as i64))
                .expect("a day");
            Bar { start: date.to_string(), parts: vec![count, count / 9, (week % 5) * u64::from(week > 5)] }
        })
        .collect();
    let band = |english: &str, spanish: &str, from: &str, to: Option<&str>| Band {
        label: say(english, spanish),
        from: from.into(),
        to: to.map(str::to_owned),
    };
    let mark = |on: &str, english: &str, spanish: &str| Mark { on: on.into(), label: say(english, spanish) };
    Chart::Timeline {
        bars,
        days_a_bar: 7,
        parts: vec![
            say("recorded", "registradas"),
            say("inferred", "inferidas"),
            say("suspected", "sospechadas"),
        ],
        bands: vec![
            band(
                "Frontier Act of 2019, section 12 (children stay with their parents)",
                "Ley de Fronteras de 2019, artículo 12 (la familia permanece unida)",
                "2019-01-01",
                None,
            ),
            band(
                "Pilot at the Rionegro crossing",
                "Ensayo en el paso de Rionegro",
                "2031-03-10",
                Some("2031-05-06"),
            ),
            band(
                "Instruction 31-07: prosecution of every adult who crossed between the ports of entry",
                "Instrucción 31-07: procesamiento de toda persona adulta que cruzara entre puestos",
                "2031-05-07",
                Some("2031-11-30"),
            ),
            band("Transfer within 72 hours", "Traslado en 72 horas", "2031-06-01", Some("2032-02-15")),
            band("Suspension of telephone calls", "Suspensión de llamadas", "2031-08-04", Some("2031-09-01")),
            band(
                "Interim order of the High Court, children under five first",
                "Orden provisional del Tribunal Superior, primero menores de cinco",
                "2031-11-26",
                Some("2032-05-10"),
            ),
            band("Reunification protocol", "Protocolo de reunificación", "2032-01-12", None),
        ],
        marks: vec![
            mark("2031-05-07", "Instruction 31-07 signed", "Se firma la Instrucción 31-07"),
            mark(
                "2031-06-18",
                "The Office says that no such policy exists",
                "La Oficina dice que no existe tal política",
            ),
            mark("2031-06-25", "First complaint lodged", "Primera denuncia"),
            mark("2031-09-01", "Inspectors visit Rionegro", "La inspección visita Rionegro"),
            mark("2031-11-26", "Order of the High Court", "Orden del Tribunal Superior"),
            mark("2032-05-10", "Deadline for the last reunification", "Plazo para la última reunificación"),
        ],
    }
}

fn flow(say: &dyn Fn(&str, &str) -> String) -> Chart {
    let node = |english: &str, spanish: &str, stage| FlowNode { label: say(english, spanish), stage };
    Chart::Flow {
        nodes: vec![
            node("Frontier stations", "Puestos fronterizos", 0),
            node("Shelters, southern region", "Albergues, región sur", 1),
            node("Shelters elsewhere", "Otros albergues", 1),
            node("Foster families", "Familias de acogida", 1),
            node("Back with a parent", "De vuelta con madre o padre", 2),
            node("With another relative", "Con otro familiar", 2),
            node("Still in care", "Siguen en acogida", 2),
            node("Not traced", "Paradero desconocido", 2),
        ],
        edges: vec![
            (0, 1, 2410),
            (0, 2, 1544),
            (0, 3, 414),
            (1, 4, 1790),
            (1, 5, 301),
            (1, 6, 153),
            (1, 7, 166),
            (2, 4, 958),
            (2, 5, 264),
            (2, 6, 106),
            (2, 7, 216),
            (3, 4, 202),
            (3, 5, 97),
            (3, 6, 95),
            (3, 7, 20),
        ],
    }
}

fn stations(say: &dyn Fn(&str, &str) -> String) -> Block {
    let numeric = |title: String| Column { title, numeric: true };
    let rows = [
        ("Rionegro", 1904, 171, 55),
        ("Puerto Alto", 1211, 118, 39),
        ("Las Cruces del Norte", 806, 64, 21),
        ("Vado Hondo", 447, 38, 12),
    ];
    Block::Table {
        caption: say("Separations by station", "Separaciones por puesto"),
        columns: vec![
            Column { title: say("Station", "Puesto"), numeric: false },
            numeric(say("Recorded", "Registradas")),
            numeric(say("Inferred", "Inferidas")),
            numeric(say("Suspected", "Sospechadas")),
        ],
        rows: rows
            .map(|(name, one, two, three)| {
                vec![name.into(), one.to_string(), two.to_string(), three.to_string()]
            })
            .into(),
        total: Some(vec![
            say("All stations", "Todos los puestos"),
            "4368".into(),
            "391".into(),
            "127".into(),
        ]),
        note: Some(say(
            "A child separated twice is counted twice.",
            "Quien fue separado dos veces se cuenta dos veces.",
        )),
        references: vec![1, 7],
    }
}

fn long_table(say: &dyn Fn(&str, &str) -> String) -> Block {
    let names = ["Rionegro", "Puerto Alto", "Las Cruces del Norte", "Vado Hondo"];
    let rows = (0..48usize)
        .map(|at| {
            let date = jiff::civil::date(2031, 5, 7)
                .checked_add(jiff::Span::new().days(at as i64 * 6))
                .expect("a day");
            vec![
                format!("G-{:03}", at + 1),
                date.to_string(),
                names[at % 4].to_owned(),
                if at % 3 == 0 {
                    say(
                        "adult on record elsewhere at the same hour",
                        "persona adulta registrada en otro lugar a la misma hora",
                    )
                } else {
                    say("no hand-over on record", "no consta entrega")
                },
                (2 + (at * 5) % 23).to_string(),
            ]
        })
        .collect();
    Block::Table {
        caption: say("Gaps in custody of more than a day", "Lagunas de custodia de más de un día"),
        columns: vec![
            Column { title: say("Gap", "Laguna"), numeric: false },
            Column { title: say("From", "Desde"), numeric: false },
            Column { title: say("Station", "Puesto"), numeric: false },
            Column { title: say("What the records say", "Lo que dicen los registros"), numeric: false },
            Column { title: say("Hours", "Horas"), numeric: true },
        ],
        rows,
        total: None,
        note: None,
        references: vec![9],
    }
}

fn empty_table(say: &dyn Fn(&str, &str) -> String) -> Block {
    Block::Table {
        caption: say(
            "Children who were released to strangers",
            "Niñas y niños entregados a personas extrañas",
        ),
        columns: vec![
            Column { title: say("Child", "Niña o niño"), numeric: false },
            Column { title: say("Day", "Día"), numeric: false },
        ],
        rows: vec![],
        total: None,
        note: Some(say("No such record was found.", "No se halló ningún registro.")),
        references: vec![2],
    }
}

fn references(say: &dyn Fn(&str, &str) -> String) -> Vec<Reference> {
    let query = |english: &str, spanish: &str, measure: &str, hash: &str| Reference {
        label: say(english, spanish),
        lines: vec![
            (
                say("Definition", "Definición"),
                say(
                    "A child’s stay without the parent with whom it arrived, from hand-over to reunification.",
                    "Estancia sin la madre o el padre con quien llegó, de la entrega a la reunificación.",
                ),
            ),
            (say("Query", "Consulta"), measure.to_owned()),
            (say("Records", "Registros"), hash.to_owned()),
            (say("Checkpoint", "Punto de control"), "91,204".into()),
        ],
    };
    let paper = |english: &str, spanish: &str, page: &str, hash: &str| Reference {
        label: say(english, spanish),
        lines: vec![
            ("SHA-256".into(), hash.to_owned()),
            (say("Page", "Página"), page.to_owned()),
            (
                say("Status", "Estado"),
                say(
                    "public record; copy compared with the original",
                    "documento público; copia cotejada con el original",
                ),
            ),
        ],
    };
    let hash = |seed: u64| -> String {
        let mut state = seed;
        (0..8)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                format!("{:08x}", state >> 32)
            })
            .collect()
    };
    vec![
        query(
            "Separations, recorded",
            "Separaciones registradas",
            "separations --how recorded --from 2031-05-05 --to 2032-06-30",
            &hash(1),
        ),
        query(
            "Separations without a common family number",
            "Separaciones sin número familiar común",
            "separations --how recorded --where family-number=none",
            &hash(2),
        ),
        query("Separations by week", "Separaciones por semana", "separations --by week", &hash(3)),
        paper(
            "Instruction 31-07 of the Office of Frontier Affairs",
            "Instrucción 31-07 de la Oficina de Asuntos Fronterizos",
            "2",
            &hash(4),
        ),
        paper(
            "Recording of the press conference of 18 June 2031",
            "Grabación de la conferencia de prensa del 18 de junio de 2031",
            "00:14:07",
            &hash(5),
        ),
        paper(
            "Letter of the Office to the inquiry, 3 October 2032",
            "Carta de la Oficina a la investigación, 3 de octubre de 2032",
            "1–2",
            &hash(6),
        ),
        paper(
            "Frontier police, weekly bulletins 1–70",
            "Policía de fronteras, boletines semanales 1–70",
            "33",
            &hash(7),
        ),
        paper(
            "Shelter network, intake list, second delivery",
            "Red de albergues, lista de ingresos, segunda entrega",
            "—",
            &hash(8),
        ),
        query(
            "Custody gaps and whereabouts",
            "Lagunas de custodia y paraderos",
            "gaps --longer-than 1d",
            &hash(9),
        ),
        query(
            "Names in more than one writing",
            "Nombres con más de una grafía",
            "identities --where writing=several",
            &hash(10),
        ),
    ]
}
