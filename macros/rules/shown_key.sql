{#- The key of a rejected row as a mart may show it. A row that has lost a field may have a name, a street or an address
    in the key's place: a text that does not look like a key is given by its length. A reading's key contains blanks. -#}
{%- macro shown_key(key) -%}
    case
        when
            {{ key }} like '%@%' or {{ key }} like '+%' or length({{ key }}) > 64
            or ({{ key }} like '% %' and source_table != 'raw_metering.readings')
            or {{ key }} like '% % % %'
            then 'text of ' || cast(length({{ key }}) as {{ dbt.type_string() }}) || ' characters'
        else {{ key }}
    end
{%- endmacro -%}
